#include "cli/scoring.h"

#include <cmath>

#include "arch/base/error.h"
#include "arch/base/parallel.h"
#include "compiler/reference/float_evaluator.h"
#include "host/progress.h"
#include "host/topk.h"
#include "sim/functional/functional_executor.h"

namespace evenshift::cli {
namespace {

/// The graph without the softmax at its outputs: what the integer network computes.
compiler::Graph without_softmax(const compiler::Graph& graph) {
  compiler::Graph cut = graph;
  for (compiler::ValueId& output : cut.outputs)
    for (std::int64_t node = cut.producer(output);
         node >= 0 && std::holds_alternative<compiler::Softmax>(cut.nodes[static_cast<std::size_t>(node)].op);
         node = cut.producer(output))
      output = cut.nodes[static_cast<std::size_t>(node)].inputs[0];
  std::erase_if(cut.nodes,
                [](const compiler::Node& node) { return std::holds_alternative<compiler::Softmax>(node.op); });
  return cut;
}

/// Accuracy and likeness, summed up in the order of the images, so that the sums do not depend on the threads.
class Tally {
 public:
  explicit Tally(const host::Sidecar& sidecar) : offset_(sidecar.labels ? sidecar.labels->offset : 0) {}

  void add(const host::Dataset::Item& item, const std::vector<float>& logits, const std::vector<float>* reference) {
    const std::span<const float> scores(logits);
    const std::int64_t output = item.label + offset_;
    if (output < 0 || output >= std::ssize(scores))
      fail("{}: label {} is output {} of the network, which has 0 to {}", item.path.string(), item.label, output,
           std::ssize(scores) - 1);
    accuracy_.add(scores, output);
    if (reference == nullptr) return;
    const std::span<const float> wanted(*reference);
    if (wanted.size() != scores.size())
      fail("the networks cannot be compared: one has {} outputs, the other {}", scores.size(), wanted.size());
    agreeing_ += host::top_k(scores, 1) == host::top_k(wanted, 1);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      signal_ += static_cast<double>(wanted[i]) * wanted[i];
      const double error = static_cast<double>(wanted[i]) - scores[i];
      noise_ += error * error;
    }
  }

  [[nodiscard]] Score score(bool compared) const {
    Score score{accuracy_.count, accuracy_.top1_fraction(), accuracy_.top5_fraction(), std::nullopt, std::nullopt};
    if (compared && accuracy_.count > 0) {
      score.agreement = static_cast<double>(agreeing_) / static_cast<double>(accuracy_.count);
      score.output_sqnr_db = noise_ > 0 && signal_ > 0 ? 10 * std::log10(signal_ / noise_) : 200.0;
    }
    return score;
  }

  [[nodiscard]] std::string note() const { return fmt::format("top-1 {:.1f} %", 100 * accuracy_.top1_fraction()); }

 private:
  std::int64_t offset_;
  host::AccuracyCounter accuracy_;
  std::int64_t agreeing_ = 0;
  double signal_ = 0;
  double noise_ = 0;
};

}  // namespace

Score score_float(const Model& model, const host::Dataset& data, const ScoringOptions& options, FloatOutputs* outputs) {
  const auto graph = std::make_shared<compiler::Graph>(without_softmax(*model.graph));
  const auto network = compiler::prepare_float_network(graph);
  const compiler::Shape shape = graph->value(graph->inputs[0]).shape;
  std::vector<compiler::FloatEvaluator> evaluators;
  for (int i = 0; i < thread_count(options.threads, data.size()); ++i) evaluators.emplace_back(network);
  if (outputs != nullptr) outputs->assign(data.size(), {});
  Tally tally(model.sidecar);
  host::Progress progress(options.label, static_cast<std::int64_t>(data.size()), options.quiet);
  parallel_reduce_ordered(
      data.size(), options.threads,
      [&](std::size_t index, int worker) {
        const compiler::FloatTensor input{shape, network_input(model.sidecar, data[index].path).values};
        return evaluators[static_cast<std::size_t>(worker)].run(std::span(&input, 1)).front().values;
      },
      [&](std::size_t index, const std::vector<float>& logits) {
        tally.add(data[index], logits, nullptr);
        if (outputs != nullptr) (*outputs)[index] = logits;
        progress.note(tally.note());
        progress.add();
      });
  progress.finish();
  return tally.score(false);
}

Score score_image(const Network& network, const host::Dataset& data, const ScoringOptions& options,
                  const FloatOutputs* against, InputCache* inputs) {
  InputCache own;
  InputCache& cache = inputs != nullptr ? *inputs : own;
  if (inputs != nullptr) cache.begin(network, data);
  const auto program = sim::Program::build(network.image(), sim::default_instruction_set());
  std::vector<std::unique_ptr<sim::FunctionalExecutor>> executors;
  for (int i = 0; i < thread_count(options.threads, data.size()); ++i)
    executors.push_back(std::make_unique<sim::FunctionalExecutor>(program));
  Tally tally(network.sidecar());
  host::Progress progress(options.label, static_cast<std::int64_t>(data.size()), options.quiet);
  parallel_reduce_ordered(
      data.size(), options.threads,
      [&](std::size_t index, int worker) {
        return network.logits(executors[static_cast<std::size_t>(worker)]->run(cache.load(network, data, index)));
      },
      [&](std::size_t index, const std::vector<float>& logits) {
        tally.add(data[index], logits, against != nullptr ? &(*against)[index] : nullptr);
        progress.note(tally.note());
        progress.add();
      });
  progress.finish();
  return tally.score(against != nullptr);
}

}  // namespace evenshift::cli

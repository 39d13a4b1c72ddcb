#include "compiler/explain/layer_walk.h"

#include <algorithm>
#include <optional>

#include "arch/base/parallel.h"
#include "compiler/reconstruct/blocks.h"
#include "compiler/reference/float_evaluator.h"

namespace evenshift::compiler {
namespace {

using Network = std::shared_ptr<const FloatNetwork>;

Network network_of(const Graph& graph, const Block& block) {
  return prepare_float_network(std::make_shared<Graph>(block_graph(graph, block).graph));
}

/// What a thread evaluates at one layer; made when it is first needed.
class Evaluators {
 public:
  std::vector<float> run(std::optional<FloatEvaluator>& evaluator, const Network& network,
                         const std::vector<FloatTensor>& inputs) {
    if (!evaluator) evaluator.emplace(network);
    return std::move(evaluator->run(inputs)[0].values);
  }
  std::optional<FloatEvaluator> exact, quantized, rest;
};

/// The two ways in which an image is at the frontier.
struct Frontier {
  std::vector<std::vector<float>> exact;      ///< by ValueId, empty where not alive
  std::vector<std::vector<float>> quantized;  ///< the same, every layer so far quantized
};

/// What a layer made of one image.
struct Step {
  std::vector<float> exact, alone, up_to;
};

class LayerWalk {
 public:
  LayerWalk(const Graph& graph, const Graph& quantized, const std::vector<QuantParams>& params, const Images& images,
            const Outputs& exact, const WorkContext& work)
      : graph_(graph),
        quantized_(quantized),
        params_(params),
        images_(images),
        exact_(exact),
        work_(work),
        frontiers_(images.size()) {
    for (Frontier& frontier : frontiers_) {
      frontier.exact.resize(graph.values.size());
      frontier.quantized.resize(graph.values.size());
    }
  }

  std::vector<LayerLoss> run() {
    alive_ = graph_.inputs;
    for (const ValueId input : graph_.inputs) start(input);
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
      advance(n);
      if (work_.progress)
        work_.progress("layers", static_cast<std::int64_t>(n) + 1, static_cast<std::int64_t>(graph_.nodes.size()));
    }
    return std::move(losses_);
  }

 private:
  [[nodiscard]] const QuantParams& params_of(ValueId value) const { return params_[static_cast<std::size_t>(value)]; }
  [[nodiscard]] FloatTensor tensor(const std::vector<std::vector<float>>& values, ValueId id) const {
    return {graph_.value(id).shape, values[static_cast<std::size_t>(id)]};
  }

  void start(ValueId input) {
    const auto place = static_cast<std::size_t>(std::ranges::find(graph_.inputs, input) - graph_.inputs.begin());
    for (std::size_t image = 0; image < images_.size(); ++image) {
      // Other inputs stay as they are for the question what this one alone costs.
      for (std::size_t other = 0; other < graph_.inputs.size(); ++other) {
        auto& value = frontiers_[image].exact[static_cast<std::size_t>(graph_.inputs[other])];
        if (value.empty()) value = images_[image][other].values;
        auto& twin = frontiers_[image].quantized[static_cast<std::size_t>(graph_.inputs[other])];
        if (twin.empty()) twin = images_[image][other].values;
      }
    }
    measure(
        {graph_.value(input).name, "input", -1, {}, {}}, input, 0,
        [&](std::size_t image, Evaluators&) {
          std::vector<float> rounded = images_[image][place].values;
          round_to_codes(params_of(input), CodeRounding::nearest, rounded);
          return Step{images_[image][place].values, rounded, rounded};
        },
        true);
  }

  void advance(std::size_t n) {
    const Node& node = graph_.nodes[n];
    const Block block{n, n + 1, distinct_inputs(node), {node.output}};
    const Network exact = network_of(graph_, block);
    const Network quantized = network_of(quantized_, block);
    const bool has_weights = std::holds_alternative<Conv>(node.op);
    measure(
        {node.name, std::string(kind_of(node.op)), static_cast<std::int64_t>(n), {}, {}}, node.output, n + 1,
        [&](std::size_t image, Evaluators& own) {
          std::vector<FloatTensor> floats;
          std::vector<FloatTensor> codes;
          for (const ValueId input : block.inputs) {
            floats.push_back(tensor(frontiers_[image].exact, input));
            codes.push_back(tensor(frontiers_[image].quantized, input));
          }
          Step step;
          step.exact = own.run(own.exact, exact, floats);
          step.alone = has_weights ? own.run(own.quantized, quantized, floats) : step.exact;
          step.up_to = own.run(own.quantized, quantized, codes);
          round_to_codes(params_of(node.output), CodeRounding::nearest, step.alone);
          round_to_codes(params_of(node.output), CodeRounding::nearest, step.up_to);
          return step;
        },
        !copies_codes(node));
  }

  /// Computes `made` of every image and, where it is a layer, what the network makes of it.
  template <typename Compute>
  void measure(LayerLoss loss, ValueId made, std::size_t nodes_done, Compute&& compute, bool is_layer) {
    const bool at_end = nodes_done == graph_.nodes.size();
    const std::vector<ValueId> alive = alive_after(graph_, nodes_done);
    const Network rest =
        at_end || !is_layer ? nullptr : network_of(graph_, {nodes_done, graph_.nodes.size(), alive, graph_.outputs});
    std::vector<Evaluators> evaluators(static_cast<std::size_t>(thread_count(work_.threads, images_.size())));
    std::vector<Step> outputs(images_.size());
    std::vector<ErrorSums> alone(images_.size());
    std::vector<ErrorSums> up_to(images_.size());
    parallel_for_ordered(
        images_.size(), work_.threads,
        [&](std::size_t image, int worker) {
          Evaluators& own = evaluators[static_cast<std::size_t>(worker)];
          Frontier& frontier = frontiers_[image];
          Step step = compute(image, own);
          alone[image].add(step.exact, step.alone);
          up_to[image].add(step.exact, step.up_to);
          const auto place = static_cast<std::size_t>(made);
          if (rest) {
            frontier.exact[place] = step.alone;
            outputs[image].alone = finish(frontier.exact, alive, rest, own);
            frontier.quantized[place] = step.up_to;
            outputs[image].up_to = finish(frontier.quantized, alive, rest, own);
          } else {
            outputs[image].alone = step.alone;
            outputs[image].up_to = step.up_to;
          }
          frontier.exact[place] = std::move(step.exact);
          frontier.quantized[place] = std::move(step.up_to);
          for (const ValueId value : alive_)
            if (!std::ranges::binary_search(alive, value)) {
              std::vector<float>().swap(frontier.exact[static_cast<std::size_t>(value)]);
              std::vector<float>().swap(frontier.quantized[static_cast<std::size_t>(value)]);
            }
        },
        work_.cancel);
    alive_ = alive;
    if (!is_layer) return;
    loss.alone = effect(alone, outputs, &Step::alone);
    loss.up_to = effect(up_to, outputs, &Step::up_to);
    losses_.push_back(std::move(loss));
  }

  std::vector<float> finish(const std::vector<std::vector<float>>& values, const std::vector<ValueId>& alive,
                            const Network& rest, Evaluators& own) const {
    std::vector<FloatTensor> inputs;
    for (const ValueId value : alive) inputs.push_back(tensor(values, value));
    return own.run(own.rest, rest, inputs);
  }

  LayerEffect effect(const std::vector<ErrorSums>& errors, const std::vector<Step>& outputs,
                     std::vector<float> Step::*which) const {
    ErrorSums sums;
    for (const ErrorSums& error : errors) sums += error;
    Outputs network;
    for (const Step& output : outputs) network.push_back(output.*which);
    return {sums.noise(), likeness(exact_, network)};
  }

  const Graph& graph_;
  const Graph& quantized_;
  const std::vector<QuantParams>& params_;
  const Images& images_;
  const Outputs& exact_;
  const WorkContext& work_;
  std::vector<Frontier> frontiers_;  ///< [image]
  std::vector<ValueId> alive_;
  std::vector<LayerLoss> losses_;
};

}  // namespace

std::vector<LayerLoss> walk_layers(const Graph& graph, const Graph& quantized, const std::vector<QuantParams>& params,
                                   const Images& images, const Outputs& exact, const WorkContext& work) {
  return LayerWalk(graph, quantized, params, images, exact, work).run();
}

}  // namespace evenshift::compiler

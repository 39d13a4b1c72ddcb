#include "compiler/weights/twin_walk.h"

#include <algorithm>
#include <array>
#include <optional>

#include "arch/base/check.h"
#include "compiler/reference/float_evaluator.h"

namespace evenshift::compiler {
namespace {

constexpr std::size_t kImagesAtATime = 16;  ///< whose taps are held together

/// A node alone, its inputs the graph's.
Graph graph_of(const Graph& graph, const Node& node, const Operator& op) {
  Graph single;
  single.name = node.name;
  Node copy{node.name, op, {}, -1};
  std::vector<ValueId> added;
  for (const ValueId input : node.inputs) {
    const auto known = std::ranges::find(added, input);
    if (known == added.end()) {
      added.push_back(input);
      single.inputs.push_back(single.add_value(graph.value(input).name, graph.value(input).shape));
      copy.inputs.push_back(single.inputs.back());
    } else {
      copy.inputs.push_back(single.inputs[static_cast<std::size_t>(known - added.begin())]);
    }
  }
  copy.output = single.add_value(graph.value(node.output).name, graph.value(node.output).shape);
  single.outputs = {copy.output};
  single.nodes.push_back(std::move(copy));
  return single;
}

std::vector<ValueId> distinct_inputs(const Node& node) {
  std::vector<ValueId> inputs;
  for (const ValueId input : node.inputs)
    if (std::ranges::find(inputs, input) == inputs.end()) inputs.push_back(input);
  return inputs;
}

std::vector<std::size_t> last_readers(const Graph& graph) {
  std::vector<std::size_t> last(graph.values.size(), 0);
  for (std::size_t n = 0; n < graph.nodes.size(); ++n)
    for (const ValueId input : graph.nodes[n].inputs) last[static_cast<std::size_t>(input)] = n;
  return last;
}

/// Numbers of the values that are alive together at the most.
std::int64_t most_alive(const Graph& graph, const std::vector<std::size_t>& last_reader) {
  std::int64_t alive = 0;
  for (const ValueId input : graph.inputs) alive += graph.value(input).shape.elements();
  std::int64_t most = alive;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    alive += graph.value(graph.nodes[n].output).shape.elements();
    most = std::max(most, alive);
    for (const ValueId input : distinct_inputs(graph.nodes[n]))
      if (last_reader[static_cast<std::size_t>(input)] == n) alive -= graph.value(input).shape.elements();
  }
  return most;
}

/// As quantize(), in single precision: the same but for numbers that lie beside a tie by less than a float tells.
std::vector<std::int8_t> codes_of(std::span<const float> values, const QuantParams& params) {
  constexpr float kToInteger = 12582912.0F;  // 1.5 · 2^23: added, it leaves no fraction
  const auto per_step = static_cast<float>(1 / params.scale);
  const auto zero = static_cast<float>(params.zero_point);
  const auto low = static_cast<float>(params.min_code());
  const auto high = static_cast<float>(params.max_code());
  std::vector<std::int8_t> codes(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const float code = values[i] * per_step + zero;
    const float raised = code < low ? low : code;
    const float bounded = raised > high ? high : raised;
    codes[i] = static_cast<std::int8_t>((bounded + kToInteger) - kToInteger);
  }
  return codes;
}

std::vector<float> values_of(std::span<const std::int8_t> codes, const QuantParams& params) {
  std::array<float, 256> value_of_byte;
  for (int code = -128; code < 128; ++code)
    value_of_byte[static_cast<std::uint8_t>(code)] = static_cast<float>(dequantize(code, params));
  std::vector<float> values(codes.size());
  for (std::size_t i = 0; i < codes.size(); ++i) values[i] = value_of_byte[static_cast<std::uint8_t>(codes[i])];
  return values;
}

}  // namespace

TwinWalk::TwinWalk(const Graph& graph, const std::vector<QuantParams>& params, const CalibrationData& data, int threads,
                   const CancelFlag* cancel)
    : graph_(graph),
      params_(params),
      data_(data),
      threads_(threads),
      cancel_(cancel),
      last_reader_(last_readers(graph)),
      values_(graph.values.size()) {
  const std::int64_t bytes_per_image =
      most_alive(graph, last_reader_) * static_cast<std::int64_t>(sizeof(float) + sizeof(std::int8_t));
  const std::int64_t count = std::clamp<std::int64_t>(kMostBytes / bytes_per_image, 1, data.count);
  for (std::int64_t i = 0; i < count; ++i) sample_.push_back(i * data.count / count);
  load_inputs();
}

void TwinWalk::load_inputs() {
  for (const ValueId input : graph_.inputs) values_[static_cast<std::size_t>(input)].resize(sample_.size());
  parallel_for_ordered(
      sample_.size(), threads_,
      [&](std::size_t image) {
        std::vector<FloatTensor> inputs = data_.load(sample_[image]);
        check_equal(inputs.size(), graph_.inputs.size(), "inputs of a calibration image");
        for (std::size_t i = 0; i < inputs.size(); ++i) {
          const auto id = static_cast<std::size_t>(graph_.inputs[i]);
          values_[id][image] = {inputs[i].values, codes_of(inputs[i].values, params_[id])};
        }
      },
      cancel_);
}

std::vector<float> TwinWalk::dequantized(ValueId value, std::size_t image) const {
  const auto id = static_cast<std::size_t>(value);
  return values_of(values_[id][image].codes, params_[id]);
}

InputMoments TwinWalk::moments(std::size_t node, Moments which) {
  const auto& conv = std::get<Conv>(graph_.nodes[node].op);
  const ValueId input = graph_.nodes[node].inputs[0];
  MomentSums sums(conv, graph_.value(input).shape, graph_.value(graph_.nodes[node].output).shape, which, images());
  for (std::size_t first = 0; first < sample_.size(); first += kImagesAtATime) {
    const std::size_t count = std::min(kImagesAtATime, sample_.size() - first);
    std::vector<std::vector<float>> quantized(count);
    std::vector<MomentSums::Pair> pairs;
    for (std::size_t i = 0; i < count; ++i) {
      quantized[i] = dequantized(input, first + i);
      pairs.push_back({values_[static_cast<std::size_t>(input)][first + i].exact, quantized[i],
                       static_cast<std::uint64_t>(sample_[first + i]) * graph_.nodes.size() + node});
    }
    sums.add(pairs, threads_);
    if (cancel_ != nullptr && cancel_->cancelled()) throw Cancelled();
  }
  return sums.finish();
}

void TwinWalk::advance(const Conv* twin) {
  const Node& node = graph_.nodes[next_];
  const auto exact_network = prepare_float_network(std::make_shared<Graph>(graph_of(graph_, node, node.op)));
  const auto twin_network =
      twin == nullptr ? exact_network : prepare_float_network(std::make_shared<Graph>(graph_of(graph_, node, *twin)));
  const auto workers = static_cast<std::size_t>(thread_count(threads_, sample_.size()));
  struct Evaluators {
    std::optional<FloatEvaluator> exact, twin;
  };
  std::vector<Evaluators> evaluators(workers);
  const std::vector<ValueId> inputs = distinct_inputs(node);
  const auto output = static_cast<std::size_t>(node.output);
  values_[output].resize(sample_.size());
  parallel_for_ordered(
      sample_.size(), threads_,
      [&](std::size_t image, int worker) {
        Evaluators& own = evaluators[static_cast<std::size_t>(worker)];
        if (!own.exact) own.exact.emplace(exact_network);
        if (!own.twin) own.twin.emplace(twin_network);
        std::vector<FloatTensor> exact;
        std::vector<FloatTensor> quantized;
        for (const ValueId input : inputs) {
          const Shape& shape = graph_.value(input).shape;
          exact.push_back({shape, values_[static_cast<std::size_t>(input)][image].exact});
          quantized.push_back({shape, dequantized(input, image)});
        }
        values_[output][image] = {std::move(own.exact->run(exact)[0].values),
                                  codes_of(own.twin->run(quantized)[0].values, params_[output])};
      },
      cancel_);
  release_after(next_);
  ++next_;
}

void TwinWalk::release_after(std::size_t node) {
  for (const ValueId input : distinct_inputs(graph_.nodes[node]))
    if (last_reader_[static_cast<std::size_t>(input)] == node)
      std::vector<Value>().swap(values_[static_cast<std::size_t>(input)]);
}

}  // namespace evenshift::compiler

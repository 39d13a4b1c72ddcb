#include "compiler/explain/variant.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "arch/base/parallel.h"
#include "compiler/reconstruct/blocks.h"
#include "compiler/reconstruct/graph_run.h"
#include "compiler/reference/float_evaluator.h"

namespace evenshift::compiler {
namespace {

/// Nodes in a row that are computed as one, with what they read and what later ones need of them.
struct Segment {
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  std::vector<ValueId> released;  ///< inputs that nothing reads any more
  std::shared_ptr<const FloatNetwork> network;
};

bool rounds(const Variant& variant, ValueId value) {
  return !variant.values.empty() && variant.values[static_cast<std::size_t>(value)].has_value();
}

std::vector<ValueId> read_by(const Graph& graph, std::size_t first, std::size_t end, const std::set<ValueId>& made) {
  std::set<ValueId> read;
  for (std::size_t n = first; n < end; ++n)
    for (const ValueId input : graph.nodes[n].inputs)
      if (!made.contains(input)) read.insert(input);
  return {read.begin(), read.end()};
}

/// Cut behind every node whose value is rounded.
std::vector<Segment> segments_of(const Variant& variant) {
  const Graph& graph = variant.graph;
  std::vector<Segment> segments;
  std::set<ValueId> made;
  std::size_t first = 0;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    made.insert(graph.nodes[n].output);
    if (!rounds(variant, graph.nodes[n].output) && n + 1 < graph.nodes.size()) continue;
    Segment segment;
    segment.inputs = read_by(graph, first, n + 1, made);
    const std::vector<ValueId> alive = alive_after(graph, n + 1);
    for (const ValueId value : made)
      if (std::ranges::binary_search(alive, value) || graph.is_output(value)) segment.outputs.push_back(value);
    for (const ValueId value : segment.inputs)
      if (!std::ranges::binary_search(alive, value) && !graph.is_output(value)) segment.released.push_back(value);
    const BlockGraph block = block_graph(graph, {first, n + 1, segment.inputs, segment.outputs});
    segment.network = prepare_float_network(std::make_shared<Graph>(block.graph));
    segments.push_back(std::move(segment));
    made.clear();
    first = n + 1;
  }
  return segments;
}

/// A thread's evaluators, and the values of the image that it is at.
class ImageRun {
 public:
  ImageRun(const Variant& variant, const std::vector<Segment>& segments)
      : variant_(variant), segments_(segments), values_(variant.graph.values.size()) {
    for (const Segment& segment : segments) evaluators_.emplace_back(segment.network);
  }

  std::vector<float> run(const std::vector<FloatTensor>& inputs) {
    for (std::size_t i = 0; i < inputs.size(); ++i) put(variant_.graph.inputs[i], inputs[i]);
    for (std::size_t s = 0; s < segments_.size(); ++s) {
      const Segment& segment = segments_[s];
      std::vector<FloatTensor> from;
      for (const ValueId input : segment.inputs) from.push_back(take(input, segment.released));
      std::vector<FloatTensor> to = evaluators_[s].run(from);
      for (std::size_t i = 0; i < to.size(); ++i) put(segment.outputs[i], std::move(to[i]));
    }
    return std::move(value(variant_.graph.outputs[0]).values);
  }

 private:
  FloatTensor& value(ValueId id) { return values_[static_cast<std::size_t>(id)]; }
  void put(ValueId id, FloatTensor tensor) {
    if (rounds(variant_, id))
      round_to_codes(*variant_.values[static_cast<std::size_t>(id)], variant_.rounding, tensor.values);
    value(id) = std::move(tensor);
  }
  FloatTensor take(ValueId id, const std::vector<ValueId>& released) {
    return std::ranges::find(released, id) != released.end() ? std::move(value(id)) : value(id);
  }

  const Variant& variant_;
  const std::vector<Segment>& segments_;
  std::vector<FloatEvaluator> evaluators_;
  std::vector<FloatTensor> values_;
};

}  // namespace

Graph first_output_graph(const Graph& graph) {
  Graph cut = graph;
  cut.outputs.resize(1);
  for (std::int64_t node = cut.producer(cut.outputs[0]);
       node >= 0 && std::holds_alternative<Softmax>(cut.nodes[static_cast<std::size_t>(node)].op);
       node = cut.producer(cut.outputs[0]))
    cut.outputs[0] = cut.nodes[static_cast<std::size_t>(node)].inputs[0];
  std::set<ValueId> wanted = {cut.outputs[0]};
  for (auto node = cut.nodes.rbegin(); node != cut.nodes.rend(); ++node)
    if (wanted.contains(node->output)) wanted.insert(node->inputs.begin(), node->inputs.end());
  std::erase_if(cut.nodes, [&](const Node& node) { return !wanted.contains(node.output); });
  return cut;
}

void round_to_codes(const QuantParams& params, CodeRounding rounding, std::span<float> values) {
  if (rounding == CodeRounding::nearest) return fake_quantize(params, values);
  const auto scale = static_cast<float>(params.scale);
  const auto low = static_cast<float>(params.min_code() - params.zero_point);
  const auto high = static_cast<float>(params.max_code() - params.zero_point);
  for (float& value : values) value = std::clamp(std::floor(value / scale), low, high) * scale;
}

std::vector<std::optional<QuantParams>> all_rounded(const std::vector<QuantParams>& params) {
  return {params.begin(), params.end()};
}

Outputs evaluate(const Variant& variant, const Images& images, const WorkContext& work) {
  const std::vector<Segment> segments = segments_of(variant);
  std::vector<std::optional<ImageRun>> runs(static_cast<std::size_t>(thread_count(work.threads, images.size())));
  Outputs outputs(images.size());
  parallel_for_ordered(
      images.size(), work.threads,
      [&](std::size_t image, int worker) {
        std::optional<ImageRun>& run = runs[static_cast<std::size_t>(worker)];
        if (!run) run.emplace(variant, segments);
        outputs[image] = run->run(images[image]);
      },
      work.cancel);
  return outputs;
}

bool copies_codes(const Node& node) {
  return std::holds_alternative<MaxPool>(node.op) || std::holds_alternative<Resize>(node.op) ||
         std::holds_alternative<Pad>(node.op) || std::holds_alternative<Reshape>(node.op);
}

std::vector<ValueId> distinct_inputs(const Node& node) {
  std::vector<ValueId> inputs;
  for (const ValueId input : node.inputs)
    if (std::ranges::find(inputs, input) == inputs.end()) inputs.push_back(input);
  return inputs;
}

std::vector<ValueId> alive_after(const Graph& graph, std::size_t nodes) {
  std::set<ValueId> made(graph.inputs.begin(), graph.inputs.end());
  for (std::size_t n = 0; n < nodes; ++n) made.insert(graph.nodes[n].output);
  std::set<ValueId> alive;
  for (std::size_t n = nodes; n < graph.nodes.size(); ++n)
    for (const ValueId input : graph.nodes[n].inputs)
      if (made.contains(input)) alive.insert(input);
  return {alive.begin(), alive.end()};
}

}  // namespace evenshift::compiler

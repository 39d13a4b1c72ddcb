#include "compiler/ir/passes/move_reshapes.h"

#include "compiler/ir/passes/graph_edit.h"

namespace evenshift::compiler {
namespace {

bool is_reshape(const Graph& graph, std::int64_t index) {
  return index >= 0 && std::holds_alternative<Reshape>(graph.nodes[index_of(index)].op);
}

/// Whether an operator does the same to every element, wherever it is.
bool is_pointwise(const Operator& op) {
  if (const auto* affine = std::get_if<Affine>(&op)) return uniform(affine->scale) && uniform(affine->offset);
  return std::holds_alternative<Activation>(op) || std::holds_alternative<Quantize>(op);
}

/// reshape, function → function, reshape.
bool sink(Graph& graph, std::size_t index) {
  if (!is_pointwise(graph.nodes[index].op)) return false;
  const auto producer = private_producer(graph, index);
  if (!producer || !is_reshape(graph, static_cast<std::int64_t>(*producer))) return false;
  Node& reshape = graph.nodes[*producer];
  Node& function = graph.nodes[index];
  const Value source = graph.value(reshape.inputs[0]);
  if (auto* affine = std::get_if<Affine>(&function.op)) {
    affine->scale.assign(index_of(source.shape.channels), affine->scale[0]);
    affine->offset.assign(index_of(source.shape.channels), affine->offset[0]);
  }
  const ValueId between =
      graph.add_value(graph.value(function.output).name + "/unshaped", source.shape, source.dimensions);
  function.inputs[0] = reshape.inputs[0];
  reshape.inputs[0] = between;
  reshape.output = function.output;
  function.output = between;
  std::swap(reshape, function);
  return true;
}

/// reshape to (K, 1, 1), dense layer → conv that covers all of its input.
bool absorb(Graph& graph, std::size_t index) {
  Node& node = graph.nodes[index];
  auto* conv = std::get_if<Conv>(&node.op);
  if (conv == nullptr || conv->window != Window{} || conv->groups != 1) return false;
  const std::int64_t producer = graph.producer(node.inputs[0]);
  if (!is_reshape(graph, producer)) return false;
  const Shape& flat = graph.value(node.inputs[0]).shape;
  const ValueId source = graph.nodes[index_of(producer)].inputs[0];
  if (flat.height != 1 || flat.width != 1) return false;
  conv->window.kernel_height = graph.value(source).shape.height;
  conv->window.kernel_width = graph.value(source).shape.width;
  node.inputs[0] = source;
  return true;
}

}  // namespace

bool move_reshapes(Graph& graph) {
  bool changed = false;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) changed |= sink(graph, i) || absorb(graph, i);
  return changed;
}

}  // namespace evenshift::compiler

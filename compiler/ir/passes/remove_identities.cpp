#include "compiler/ir/passes/remove_identities.h"

#include <algorithm>

#include "compiler/ir/passes/graph_edit.h"

namespace evenshift::compiler {
namespace {

bool counts_up(const std::vector<std::int64_t>& indices, std::int64_t size) {
  if (static_cast<std::int64_t>(indices.size()) != size) return false;
  for (std::size_t i = 0; i < indices.size(); ++i)
    if (indices[i] != static_cast<std::int64_t>(i)) return false;
  return true;
}

bool is_identity(const Graph& graph, const Node& node) {
  const Shape& in = graph.value(node.inputs[0]).shape;
  if (const auto* affine = std::get_if<Affine>(&node.op))
    return uniform(affine->scale) == 1.0 && uniform(affine->offset) == 0.0;
  if (const auto* activation = std::get_if<Activation>(&node.op))
    return activation->function == Function::clamp && Clamp{activation->alpha, activation->beta}.is_identity();
  if (const auto* pad = std::get_if<Pad>(&node.op))
    return pad->top == 0 && pad->left == 0 && pad->bottom == 0 && pad->right == 0;
  if (const auto* pool = std::get_if<MaxPool>(&node.op)) return pool->window == Window{};
  if (const auto* pool = std::get_if<AveragePool>(&node.op))
    return pool->window == Window{} && pool->clamp.is_identity();
  if (const auto* resize = std::get_if<Resize>(&node.op))
    return counts_up(resize->rows, in.height) && counts_up(resize->columns, in.width);
  if (std::holds_alternative<Reshape>(node.op)) return in == graph.value(node.output).shape;
  return std::holds_alternative<Concat>(node.op) && node.inputs.size() == 1;
}

/// A reshape of a reshape reads what that one reads.
bool skip_reshape(Graph& graph, Node& node) {
  if (!std::holds_alternative<Reshape>(node.op)) return false;
  const std::int64_t producer = graph.producer(node.inputs[0]);
  if (producer < 0 || !std::holds_alternative<Reshape>(graph.nodes[index_of(producer)].op)) return false;
  node.inputs[0] = graph.nodes[index_of(producer)].inputs[0];
  return true;
}

}  // namespace

bool remove_identities(Graph& graph) {
  bool changed = false;
  for (std::size_t i = 0; i < graph.nodes.size();) {
    changed |= skip_reshape(graph, graph.nodes[i]);
    const std::size_t before = graph.nodes.size();
    if (is_identity(graph, graph.nodes[i])) changed |= bypass(graph, i);
    if (graph.nodes.size() == before) ++i;
  }
  return changed;
}

}  // namespace evenshift::compiler

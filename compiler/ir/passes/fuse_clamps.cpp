#include "compiler/ir/passes/fuse_clamps.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/ir/passes/graph_edit.h"

namespace evenshift::compiler {
namespace {

std::optional<Clamp> as_clamp(const Node& node) {
  const auto* activation = std::get_if<Activation>(&node.op);
  if (activation == nullptr || activation->function != Function::clamp) return std::nullopt;
  return Clamp{activation->alpha, activation->beta};
}

bool selects(const Operator& op) {
  return std::holds_alternative<MaxPool>(op) || std::holds_alternative<Resize>(op) ||
         std::holds_alternative<Reshape>(op) || std::holds_alternative<Pad>(op) || std::holds_alternative<Concat>(op);
}

/// Whether a clamp behind `node`'s input `input` has somewhere to go.
bool welcomes_clamp(Graph& graph, std::size_t node, std::size_t input) {
  const auto producer = private_producer(graph, node, input);
  if (!producer) return false;
  Node& before = graph.nodes[*producer];
  return clamp_of(before.op) != nullptr || as_clamp(before) || selects(before.op);
}

bool hoist(Graph& graph, std::size_t clamp_index) {
  const auto clamp = as_clamp(graph.nodes[clamp_index]);
  const auto producer = clamp ? private_producer(graph, clamp_index) : std::nullopt;
  if (!producer || !selects(graph.nodes[*producer].op)) return false;
  const std::size_t inputs = graph.nodes[*producer].inputs.size();
  for (std::size_t i = 0; i < inputs; ++i)
    if (!welcomes_clamp(graph, *producer, i)) return false;
  const Node old = graph.nodes[clamp_index];
  merge_into_producer(graph, clamp_index);
  Node selector = graph.nodes[*producer];
  if (auto* pad = std::get_if<Pad>(&selector.op)) pad->value = std::min(std::max(pad->value, clamp->low), clamp->high);
  std::vector<Node> clamps;
  for (std::size_t i = 0; i < inputs; ++i) {
    const Value source = graph.value(selector.inputs[i]);
    const std::string suffix = inputs == 1 ? std::string() : fmt::format("/{}", i);
    const ValueId made = graph.add_value(source.name + "/" + old.name, source.shape, source.dimensions);
    clamps.push_back({old.name + suffix, old.op, {selector.inputs[i]}, made});
    selector.inputs[i] = made;
  }
  graph.nodes[*producer] = std::move(selector);
  graph.nodes.insert(graph.nodes.begin() + static_cast<std::ptrdiff_t>(*producer), clamps.begin(), clamps.end());
  return true;
}

}  // namespace

bool fuse_clamps(Graph& graph) {
  bool changed = false;
  for (std::size_t i = 0; i < graph.nodes.size();) {
    const auto clamp = as_clamp(graph.nodes[i]);
    const auto producer = clamp ? private_producer(graph, i) : std::nullopt;
    bool fused = false;
    if (producer) {
      Node& before = graph.nodes[*producer];
      if (Clamp* own = clamp_of(before.op)) {
        *own = composed(*own, *clamp);
        fused = true;
      } else if (const auto inner = as_clamp(before)) {
        const Clamp both = composed(*inner, *clamp);
        before.op = Activation{Function::clamp, both.low, both.high};
        fused = true;
      }
    }
    if (fused) merge_into_producer(graph, i);
    changed |= fused;
    if (!fused) ++i;
  }
  return changed;
}

bool hoist_clamps(Graph& graph) {
  bool changed = false;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) changed |= hoist(graph, i);
  return changed;
}

}  // namespace evenshift::compiler

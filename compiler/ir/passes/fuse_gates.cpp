#include "compiler/ir/passes/fuse_gates.h"

#include <cmath>

#include "compiler/ir/passes/graph_edit.h"

namespace evenshift::compiler {
namespace {

/// Float constants such as 1/6 are this close to what they mean.
bool is_close(double a, double b) { return std::abs(a - b) < 1e-6; }

struct Line {
  double scale = 1, offset = 0;
};

std::optional<Line> uniform_line(const Operator& op) {
  const auto* affine = std::get_if<Affine>(&op);
  if (affine == nullptr) return std::nullopt;
  const auto scale = uniform(affine->scale), offset = uniform(affine->offset);
  if (!scale || !offset) return std::nullopt;
  return Line{*scale, *offset};
}

const Activation* function_of(const Node& node, Function function) {
  const auto* activation = std::get_if<Activation>(&node.op);
  return activation != nullptr && activation->function == function ? activation : nullptr;
}

bool has_private_conv(const Graph& graph, std::size_t index) {
  const auto producer = private_producer(graph, index);
  return producer && std::holds_alternative<Conv>(graph.nodes[*producer].op);
}

/// affine, clamp, affine → hard sigmoid; the last one may be missing.
bool fuse_hard_sigmoid(Graph& graph, std::size_t clamp_index) {
  const Activation* clamp = function_of(graph.nodes[clamp_index], Function::clamp);
  if (clamp == nullptr) return false;
  const auto first = private_producer(graph, clamp_index);
  const auto before = first ? uniform_line(graph.nodes[*first].op) : std::nullopt;
  if (!before || has_private_conv(graph, *first)) return false;
  const auto next = only_consumer(graph, graph.nodes[clamp_index].output);
  auto after = next ? uniform_line(graph.nodes[*next].op) : std::nullopt;
  const bool has_after = after.has_value();
  if (!has_after) after = Line{};
  const double low = clamp->alpha * after->scale + after->offset, high = clamp->beta * after->scale + after->offset;
  if (!is_close(low, 0) || !is_close(high, 1)) return false;
  graph.nodes[clamp_index].op =
      Activation{Function::hard_sigmoid, before->scale * after->scale, before->offset * after->scale + after->offset};
  graph.nodes[clamp_index].inputs = graph.nodes[*first].inputs;
  if (has_after) merge_into_producer(graph, *next);
  graph.nodes.erase(graph.nodes.begin() + static_cast<std::ptrdiff_t>(*first));
  return true;
}

/// The function of x that operand `gate` of a multiplication of x by it is; nothing where it is none.
std::optional<Activation> gated(const Graph& graph, std::size_t multiply, std::size_t gate) {
  const Node& node = graph.nodes[multiply];
  const auto producer = private_producer(graph, multiply, gate);
  if (!producer || graph.nodes[*producer].inputs[0] != node.inputs[1 - gate]) return std::nullopt;
  if (function_of(graph.nodes[*producer], Function::sigmoid) != nullptr) return Activation{Function::silu, 0, 0};
  const Activation* hard = function_of(graph.nodes[*producer], Function::hard_sigmoid);
  if (hard != nullptr && is_close(hard->alpha, 1.0 / 6) && is_close(hard->beta, 0.5))
    return Activation{Function::hard_swish, 0, 0};
  return std::nullopt;
}

bool fuse_gate(Graph& graph, std::size_t index) {
  const auto* multiply = std::get_if<Multiply>(&graph.nodes[index].op);
  if (multiply == nullptr || !multiply->clamp.is_identity()) return false;
  for (std::size_t gate = 0; gate < 2; ++gate) {
    if (const auto function = gated(graph, index, gate)) {
      Node& node = graph.nodes[index];
      node.op = *function;
      node.inputs = {node.inputs[1 - gate]};
      return true;
    }
  }
  return false;
}

/// x · clamp(x + 3, 0, 6), then / 6.
bool fuse_late_division(Graph& graph, std::size_t index) {
  const auto* multiply = std::get_if<Multiply>(&graph.nodes[index].op);
  if (multiply == nullptr || !multiply->clamp.is_identity()) return false;
  const auto next = only_consumer(graph, graph.nodes[index].output);
  const auto after = next ? uniform_line(graph.nodes[*next].op) : std::nullopt;
  if (!after || !is_close(after->scale, 1.0 / 6) || after->offset != 0) return false;
  for (std::size_t gate = 0; gate < 2; ++gate) {
    const auto clamp_index = private_producer(graph, index, gate);
    const Activation* clamp = clamp_index ? function_of(graph.nodes[*clamp_index], Function::clamp) : nullptr;
    if (clamp == nullptr || clamp->alpha != 0 || clamp->beta != 6) continue;
    const auto line_index = private_producer(graph, *clamp_index);
    const auto line = line_index ? uniform_line(graph.nodes[*line_index].op) : std::nullopt;
    const ValueId x = graph.nodes[index].inputs[1 - gate];
    if (!line || line->scale != 1 || line->offset != 3 || graph.nodes[*line_index].inputs[0] != x) continue;
    graph.nodes[index].op = Activation{Function::hard_swish, 0, 0};
    graph.nodes[index].inputs = {x};
    merge_into_producer(graph, *next);
    return true;
  }
  return false;
}

}  // namespace

bool fuse_gates(Graph& graph) {
  bool changed = false;
  // A late division is looked for first: without it, its clamp would become a hard sigmoid times 6.
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) changed |= fuse_late_division(graph, i);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) changed |= fuse_hard_sigmoid(graph, i);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) changed |= fuse_gate(graph, i);
  return remove_dead_nodes(graph) || changed;
}

}  // namespace evenshift::compiler

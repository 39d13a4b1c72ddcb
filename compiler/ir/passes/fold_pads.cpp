#include "compiler/ir/passes/fold_pads.h"

#include <algorithm>
#include <limits>

#include "compiler/ir/passes/graph_edit.h"

namespace evenshift::compiler {
namespace {

constexpr double kUnbounded = -std::numeric_limits<double>::infinity();

/// A number that no element of a value is below.
double least_element(Graph& graph, ValueId value) {
  const std::int64_t producer = graph.producer(value);
  if (producer < 0) return kUnbounded;
  Node& node = graph.nodes[index_of(producer)];
  if (const Clamp* clamp = clamp_of(node.op)) return clamp->low;
  if (const auto* activation = std::get_if<Activation>(&node.op)) {
    switch (activation->function) {
      case Function::clamp:
        return activation->alpha;
      case Function::hard_sigmoid:
      case Function::sigmoid:
      case Function::softplus:
      case Function::exp:
      case Function::sqrt:
      case Function::abs:
        return 0;
      default:
        return kUnbounded;
    }
  }
  const bool selects = std::holds_alternative<MaxPool>(node.op) || std::holds_alternative<Resize>(node.op) ||
                       std::holds_alternative<Concat>(node.op) || std::holds_alternative<Reshape>(node.op);
  if (!selects) return kUnbounded;
  double least = -kUnbounded;
  for (const ValueId input : node.inputs) least = std::min(least, least_element(graph, input));
  return least;
}

Window padded(Window window, const Pad& pad) {
  window.pad_top += pad.top;
  window.pad_left += pad.left;
  window.pad_bottom += pad.bottom;
  window.pad_right += pad.right;
  return window;
}

bool has_padding(const Window& w) { return w.pad_top != 0 || w.pad_left != 0 || w.pad_bottom != 0 || w.pad_right != 0; }

/// Whether no window lies wholly in the padding: true where pads are smaller than the dense kernel.
bool has_taps_inside(const Window& w) {
  return w.dilation_height == 1 && w.dilation_width == 1 && std::max(w.pad_top, w.pad_bottom) < w.kernel_height &&
         std::max(w.pad_left, w.pad_right) < w.kernel_width;
}

bool accepts(const Operator& op, const Pad& pad, double least) {
  if (std::holds_alternative<Conv>(op)) return pad.value == 0;
  if (const auto* pool = std::get_if<AveragePool>(&op))
    return pad.value == 0 && (pool->count_padding || !has_padding(pool->window)) &&
           has_taps_inside(padded(pool->window, pad));
  if (const auto* pool = std::get_if<MaxPool>(&op))
    return pad.value <= least && has_taps_inside(padded(pool->window, pad));
  return false;
}

void take(Operator& op, const Pad& pad) {
  if (auto* conv = std::get_if<Conv>(&op)) conv->window = padded(conv->window, pad);
  if (auto* pool = std::get_if<MaxPool>(&op)) pool->window = padded(pool->window, pad);
  if (auto* pool = std::get_if<AveragePool>(&op)) {
    pool->window = padded(pool->window, pad);
    pool->count_padding = true;
  }
}

}  // namespace

bool fold_pads(Graph& graph) {
  bool changed = false;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const auto* found = std::get_if<Pad>(&graph.nodes[i].op);
    if (found == nullptr || graph.is_output(graph.nodes[i].output)) continue;
    const Pad pad = *found;
    const ValueId input = graph.nodes[i].inputs[0];
    const double least = least_element(graph, input);
    const std::vector<std::int64_t> readers = graph.consumers(graph.nodes[i].output);
    const bool all_accept = !readers.empty() && std::ranges::all_of(readers, [&](std::int64_t reader) {
      return accepts(graph.nodes[index_of(reader)].op, pad, least);
    });
    if (!all_accept) continue;
    for (const std::int64_t reader : readers) {
      take(graph.nodes[index_of(reader)].op, pad);
      graph.nodes[index_of(reader)].inputs[0] = input;
    }
    graph.nodes.erase(graph.nodes.begin() + static_cast<std::ptrdiff_t>(i--));
    changed = true;
  }
  return changed;
}

}  // namespace evenshift::compiler

#include "compiler/equalize/open_clamps.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "arch/base/check.h"
#include "compiler/ir/passes/graph_edit.h"

namespace evenshift::compiler {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Drops the node's upper limit where it is ReLU-like and passed(output, limit) is false.
template <typename Passed>
OpenedGraph drop_where_not(const Graph& graph, Passed&& passed) {
  OpenedGraph opened{graph, {}};
  for (Node& node : opened.graph.nodes) {
    Clamp* const fused = clamp_of(node.op);
    auto* const activation = std::get_if<Activation>(&node.op);
    const bool is_clamp = activation != nullptr && activation->function == Function::clamp;
    if (fused == nullptr && !is_clamp) continue;
    const double low = fused != nullptr ? fused->low : activation->alpha;
    double& high = fused != nullptr ? fused->high : activation->beta;
    if (low != 0 || high <= 0 || std::isinf(high) || passed(node.output, high)) continue;
    high = kInfinity;
    opened.nodes.push_back(node.name);
  }
  return opened;
}

}  // namespace

OpenedGraph drop_upper_clamps(const Graph& graph) {
  return drop_where_not(graph, [](ValueId, double) { return false; });
}

OpenedGraph drop_unreached_clamps(const Graph& graph, const ActivationStatistics& statistics) {
  check_equal(statistics.values.size(), graph.values.size(), "statistics of values");
  return drop_where_not(graph, [&](ValueId value, double limit) {
    return std::ranges::max(statistics.before_clamp[index_of(value)].high) > limit;
  });
}

}  // namespace evenshift::compiler

#include "compiler/calibrate/value_params.h"

#include <algorithm>

#include "arch/base/check.h"
#include "compiler/ir/union_find.h"

namespace evenshift::compiler {
namespace {

bool copies_codes(const Operator& op) {
  return std::holds_alternative<MaxPool>(op) || std::holds_alternative<Resize>(op) || std::holds_alternative<Pad>(op) ||
         std::holds_alternative<Reshape>(op);
}

}  // namespace

std::vector<QuantParams> value_params(const Graph& graph, const std::vector<ValueRange>& ranges, int activation_bits) {
  check_equal(ranges.size(), graph.values.size(), "ranges of values");
  std::vector<ValueRange> hulls = ranges;
  UnionFind groups(graph.values.size());
  const auto join = [&](ValueId a, ValueId b) {
    groups.join(static_cast<std::size_t>(a), static_cast<std::size_t>(b));
  };
  for (const Node& node : graph.nodes) {
    if (copies_codes(node.op)) join(node.inputs[0], node.output);
    if (const auto* pad = std::get_if<Pad>(&node.op)) {
      ValueRange& range = hulls[static_cast<std::size_t>(node.output)];
      range.low = std::min(range.low, pad->value);
      range.high = std::max(range.high, pad->value);
    }
    if (std::holds_alternative<Concat>(node.op))
      for (const ValueId input : node.inputs)
        if (graph.producer(input) >= 0 && graph.consumers(input).size() == 1) join(input, node.output);
  }
  for (std::size_t value = 0; value < hulls.size(); ++value) {
    ValueRange& hull = hulls[groups.find(value)];
    hull.low = std::min(hull.low, hulls[value].low);
    hull.high = std::max(hull.high, hulls[value].high);
  }
  std::vector<QuantParams> params;
  params.reserve(hulls.size());
  for (std::size_t value = 0; value < hulls.size(); ++value) {
    const ValueRange& hull = hulls[groups.find(value)];
    params.push_back(quant_params_from_range(hull.low, hull.high, activation_bits));
  }
  return params;
}

}  // namespace evenshift::compiler

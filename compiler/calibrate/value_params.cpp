#include "compiler/calibrate/value_params.h"

#include <algorithm>

#include "arch/base/check.h"
#include "compiler/ir/union_find.h"

namespace evenshift::compiler {
namespace {

/// Values that share their codes, with the parameters that a group is known to have.
class Groups {
 public:
  explicit Groups(const Graph& graph) : sets_(graph.values.size()) {
    for (const Value& value : graph.values) fixed_.push_back(value.quant);
  }
  std::size_t find(std::size_t value) { return sets_.find(value); }
  /// False where the two have different parameters.
  bool join(ValueId a, ValueId b) {
    const std::optional<QuantParams> of_a = fixed(static_cast<std::size_t>(a));
    const std::optional<QuantParams> of_b = fixed(static_cast<std::size_t>(b));
    if (of_a && of_b && *of_a != *of_b) return false;
    sets_.join(static_cast<std::size_t>(a), static_cast<std::size_t>(b));
    fixed_[find(static_cast<std::size_t>(b))] = of_a ? of_a : of_b;
    return true;
  }
  const std::optional<QuantParams>& fixed(std::size_t value) { return fixed_[find(value)]; }

 private:
  UnionFind sets_;
  std::vector<std::optional<QuantParams>> fixed_;
};

}  // namespace

std::vector<QuantParams> value_params(const Graph& graph, const std::vector<ValueRange>& ranges, int activation_bits) {
  check_equal(ranges.size(), graph.values.size(), "ranges of values");
  std::vector<ValueRange> hulls = ranges;
  Groups groups(graph);
  for (const Node& node : graph.nodes) {
    if (copies_codes(node.op))
      check(groups.join(node.inputs[0], node.output), "node '" + node.name + "': parameters of input and output");
    if (const auto* pad = std::get_if<Pad>(&node.op)) {
      ValueRange& range = hulls[static_cast<std::size_t>(node.output)];
      range.low = std::min(range.low, pad->value);
      range.high = std::max(range.high, pad->value);
    }
  }
  for (const Node& node : graph.nodes)
    if (std::holds_alternative<Concat>(node.op))
      for (const ValueId input : node.inputs)
        if (graph.producer(input) >= 0 && graph.consumers(input).size() == 1) groups.join(input, node.output);
  for (std::size_t value = 0; value < hulls.size(); ++value) {
    ValueRange& hull = hulls[groups.find(value)];
    hull.low = std::min(hull.low, hulls[value].low);
    hull.high = std::max(hull.high, hulls[value].high);
  }
  std::vector<QuantParams> params;
  params.reserve(hulls.size());
  for (std::size_t value = 0; value < hulls.size(); ++value) {
    const ValueRange& hull = hulls[groups.find(value)];
    const auto& fixed = groups.fixed(value);
    params.push_back(fixed ? *fixed : quant_params_from_range(hull.low, hull.high, activation_bits));
  }
  return params;
}

}  // namespace evenshift::compiler

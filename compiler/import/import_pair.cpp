#include <algorithm>

#include "compiler/import/operators.h"

namespace evenshift::compiler::importer {
namespace {

struct Operands {
  TensorView a, b;  ///< `a` has the shape of the result
  bool swapped = false;
};

TensorView with_rank(const NodeImport& node, const TensorView& view, std::size_t rank) {
  Dimensions longer(rank - view.rank(), 1);
  longer.insert(longer.end(), view.dimensions.begin(), view.dimensions.end());
  const auto wider = reshaped(view, longer);
  node.require(wider.has_value(), Constraint::broadcast);
  return *wider;
}

/// Whether `small`, one number a channel, is added to every pixel of `big` where the dimensions say so.
bool is_per_channel(const NodeImport& node, const TensorView& big, const TensorView& small) {
  const Shape& shape = node.shape_of(big);
  const Shape& other = node.shape_of(small);
  if (other.height != 1 || other.width != 1 || other.channels != shape.channels) return false;
  const std::int64_t pixels = shape.height * shape.width;
  for (std::size_t i = 0; i < big.rank(); ++i) {
    std::vector<Factor> expected;
    for (const Factor& factor : big.axes[i])
      if (factor.stride % pixels == 0) expected.push_back({factor.size, factor.stride / pixels});
    if (small.axes[i] != expected) return false;
    if (small.dimensions[i] != big.dimensions[i] && !expected.empty()) return false;
  }
  return true;
}

Operands align(NodeImport& node) {
  const std::size_t rank = std::max(node.view(0).rank(), node.view(1).rank());
  Operands o{with_rank(node, node.view(0), rank), with_rank(node, node.view(1), rank), false};
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t a = o.a.dimensions[i], b = o.b.dimensions[i];
    node.expect(a == b || a == 1 || b == 1, "its inputs {} and {} do not broadcast", dimensions_text(o.a.dimensions),
                dimensions_text(o.b.dimensions));
    if (a < b) o.swapped = true;
  }
  if (o.swapped) std::swap(o.a, o.b);
  for (std::size_t i = 0; i < rank; ++i) node.require(o.a.dimensions[i] >= o.b.dimensions[i], Constraint::broadcast);
  return o;
}

}  // namespace

void import_pair(NodeImport& node, PairOperator pair) {
  Operands o = align(node);
  if (o.a.dimensions == o.b.dimensions) {
    if (o.a.axes != o.b.axes || node.shape_of(o.a) != node.shape_of(o.b)) {
      node.require(is_plain(o.a) && is_plain(o.b), Constraint::pair_layout);
      o.b = plain_view(node.reshape_value(o.b.value, node.shape_of(o.a), o.a.dimensions), o.a.dimensions);
      o.a = plain_view(o.a.value, o.a.dimensions);
    }
  } else if (!is_per_channel(node, o.a, o.b)) {
    const bool images = o.a.rank() >= 2 && o.a.rank() <= 4 && o.a.dimensions[0] == 1;
    node.require(images && is_plain(o.a) && is_plain(o.b), Constraint::broadcast);
    o.a = plain_view(node.image(o.a).value, o.a.dimensions);
    o.b = plain_view(node.image(o.b).value, o.b.dimensions);
    node.require(is_per_channel(node, o.a, o.b), Constraint::broadcast);
  }
  const bool negate = pair == PairOperator::subtract && o.swapped;
  const Operator op =
      pair == PairOperator::multiply ? Operator(Multiply{}) : Operator(Add{pair == PairOperator::subtract, {}});
  const Shape shape = node.shape_of(o.a);
  TensorView result = o.a;
  result.value = node.emit(op, {o.a.value, o.b.value}, shape, o.a.dimensions, negate ? "/negated" : "");
  if (negate) {
    const auto channels = static_cast<std::size_t>(shape.channels);
    result = node.emit_like(Affine{std::vector<float>(channels, -1.0f), std::vector<float>(channels, 0.0f)}, result);
  }
  node.output(result);
}

void import_sum(NodeImport& node) {
  node.require(node.inputs() == 2 || node.inputs() == 1, Constraint::sum_inputs);
  if (node.inputs() == 1) return node.output(node.view(0));
  import_add(node);
}

}  // namespace evenshift::compiler::importer

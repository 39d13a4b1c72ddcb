#include <algorithm>
#include <map>
#include <numeric>

#include "compiler/import/fold_helpers.h"
#include "compiler/import/operators.h"
#include "compiler/import/reshape_target.h"

namespace evenshift::compiler::importer {
namespace {

/// Weights may come in parts.
constexpr std::int64_t kMostJoined = 1 << 25;

void fold_constant(NodeImport& node) {
  TensorData result;
  if (const Attribute* value = node.attribute("value")) {
    const auto* tensor = std::get_if<TensorData>(value);
    node.expect(tensor != nullptr, "attribute 'value' is no tensor");
    result = *tensor;
  } else if (node.has("value_float")) {
    result.reals = {static_cast<float>(node.number("value_float", 0))};
  } else if (node.has("value_int")) {
    result.kind = ElementKind::integer;
    result.integers = {node.integer("value_int", 0)};
  } else if (node.has("value_ints")) {
    result.kind = ElementKind::integer;
    result.integers = node.integers("value_ints");
    result.dimensions = {static_cast<std::int64_t>(result.integers.size())};
  } else {
    const Attribute* floats = node.attribute("value_floats");
    const auto* values = floats == nullptr ? nullptr : std::get_if<std::vector<float>>(floats);
    node.expect(values != nullptr, "it has no value that is numbers");
    result.reals = *values;
    result.dimensions = {static_cast<std::int64_t>(result.reals.size())};
  }
  node.output_constant(std::move(result));
}

void fold_constant_of_shape(NodeImport& node) {
  const Dimensions dimensions = folded_integers(node, 0);
  TensorData value;
  value.reals = {0.0f};
  if (const Attribute* attribute = node.attribute("value")) {
    const auto* tensor = std::get_if<TensorData>(attribute);
    node.expect(tensor != nullptr && tensor->elements() == 1, "attribute 'value' is no tensor of one number");
    value = *tensor;
  }
  const auto elements = static_cast<std::size_t>(folded_elements(node, dimensions));
  node.output_constant(gathered(value, dimensions, std::vector<std::int64_t>(elements, 0)));
}

void fold_gather(NodeImport& node) {
  const TensorData& data = folded_input(node, 0);
  const TensorData& indices = folded_input(node, 1);
  const std::vector<std::int64_t> wanted = folded_integers(node, 1);
  const std::size_t axis = node.axis(node.integer("axis", 0), data.dimensions.size());
  const std::int64_t size = data.dimensions[axis];
  Dimensions outer(data.dimensions.begin(), data.dimensions.begin() + static_cast<std::ptrdiff_t>(axis));
  Dimensions inner(data.dimensions.begin() + static_cast<std::ptrdiff_t>(axis) + 1, data.dimensions.end());
  Dimensions dimensions = outer;
  dimensions.insert(dimensions.end(), indices.dimensions.begin(), indices.dimensions.end());
  dimensions.insert(dimensions.end(), inner.begin(), inner.end());
  folded_elements(node, dimensions, data.elements());
  const std::int64_t inner_size = std::accumulate(inner.begin(), inner.end(), std::int64_t{1}, std::multiplies<>());
  const std::int64_t outer_size = std::accumulate(outer.begin(), outer.end(), std::int64_t{1}, std::multiplies<>());
  std::vector<std::int64_t> picks;
  for (std::int64_t o = 0; o < outer_size; ++o)
    for (const std::int64_t index : wanted) {
      node.expect(index >= -size && index < size, "index {} is outside of an axis of {}", index, size);
      for (std::int64_t i = 0; i < inner_size; ++i)
        picks.push_back((o * size + (index < 0 ? index + size : index)) * inner_size + i);
    }
  node.output_constant(gathered(data, dimensions, picks));
}

void fold_concat(NodeImport& node) {
  TensorData result = folded_input(node, 0);
  const std::size_t axis = node.axis(node.integer("axis", 0), result.dimensions.size());
  for (std::size_t k = 1; k < node.inputs(); ++k) {
    const TensorData& next = folded_input(node, k);
    Dimensions expected = result.dimensions;
    node.expect(next.dimensions.size() == expected.size() && next.kind == result.kind,
                "its inputs differ in rank or type");
    expected[axis] = next.dimensions[axis];
    node.expect(expected == next.dimensions, "its inputs differ on another axis than the concatenated one");
    Dimensions dimensions = result.dimensions;
    dimensions[axis] += next.dimensions[axis];
    folded_elements(node, dimensions, kMostJoined);
    std::int64_t outer = 1;
    for (std::size_t i = 0; i < axis; ++i) outer *= dimensions[i];
    TensorData joined = like(result, dimensions);
    const auto append = [&](const auto& from, auto& to, std::int64_t row, std::int64_t count) {
      to.insert(to.end(), from.begin() + row * count, from.begin() + (row + 1) * count);
    };
    const std::int64_t a = outer > 0 ? result.elements() / outer : 0, b = outer > 0 ? next.elements() / outer : 0;
    for (std::int64_t row = 0; row < outer; ++row) {
      if (result.kind == ElementKind::integer) {
        append(result.integers, joined.integers, row, a);
        append(next.integers, joined.integers, row, b);
      } else {
        append(result.reals, joined.reals, row, a);
        append(next.reals, joined.reals, row, b);
      }
    }
    result = std::move(joined);
  }
  node.output_constant(std::move(result));
}

void fold_shape_change(NodeImport& node) {
  TensorData result = folded_input(node, 0);
  const std::string& op = node.node().op_type;
  if (op == "Reshape") {
    result.dimensions = reshape_target(node, result.dimensions, folded_integers(node, 1));
  } else if (op == "Squeeze") {
    result.dimensions = squeezed(node, result.dimensions, given_axes(node));
  } else if (op == "Unsqueeze") {
    result.dimensions = unsqueezed(node, result.dimensions, given_axes(node));
  } else if (op == "Flatten") {
    const std::int64_t number = node.integer("axis", 1);
    const std::size_t rank = result.dimensions.size();
    const std::size_t axis = number == static_cast<std::int64_t>(rank) ? rank : node.axis(number, rank);
    Dimensions flat{1, 1};
    for (std::size_t i = 0; i < rank; ++i) flat[i < axis ? 0 : 1] *= result.dimensions[i];
    result.dimensions = flat;
  }
  node.output_constant(std::move(result));
}

void fold_transpose(NodeImport& node) {
  const TensorData& data = folded_input(node, 0);
  const std::vector<std::int64_t> own = strides_of(data.dimensions);
  Dimensions dimensions;
  std::vector<std::int64_t> strides;
  for (const std::int64_t axis : read_permutation(node, data.dimensions.size())) {
    dimensions.push_back(data.dimensions[static_cast<std::size_t>(axis)]);
    strides.push_back(own[static_cast<std::size_t>(axis)]);
  }
  node.output_constant(gathered(data, dimensions, walk(dimensions, strides)));
}

void fold_slice(NodeImport& node) {
  TensorData result = folded_input(node, 0);
  for (const AxisSlice& slice : read_slices(node, result.dimensions)) {
    Dimensions dimensions = result.dimensions;
    dimensions[slice.axis] = static_cast<std::int64_t>(slice.indices.size());
    std::vector<std::int64_t> strides = strides_of(result.dimensions);
    const std::int64_t stride = strides[slice.axis];
    // Index k of the axis becomes its place among the picks: walk everything else, then add.
    Dimensions outer(dimensions.begin(), dimensions.begin() + static_cast<std::ptrdiff_t>(slice.axis));
    Dimensions inner(dimensions.begin() + static_cast<std::ptrdiff_t>(slice.axis) + 1, dimensions.end());
    const std::vector<std::int64_t> outer_offsets = walk(outer, strides);
    const std::vector<std::int64_t> inner_offsets =
        walk(inner, {strides.begin() + static_cast<std::ptrdiff_t>(slice.axis) + 1, strides.end()});
    std::vector<std::int64_t> picks;
    for (const std::int64_t a : outer_offsets)
      for (const std::int64_t index : slice.indices)
        for (const std::int64_t b : inner_offsets) picks.push_back(a + index * stride + b);
    result = gathered(result, dimensions, picks);
  }
  node.output_constant(std::move(result));
}

void fold_expand(NodeImport& node) {
  const TensorData& data = folded_input(node, 0);
  node.output_constant(
      expanded(data, broadcast_dimensions(node, data.dimensions, folded_integers(node, 1), data.elements())));
}

void fold_identity(NodeImport& node) { node.output_constant(folded_input(node, 0)); }

}  // namespace

bool fold_constants(NodeImport& node) {
  static const std::map<std::string, void (*)(NodeImport&)> kFolds = {
      {"Constant", fold_constant},
      {"ConstantOfShape", fold_constant_of_shape},
      {"Identity", fold_identity},
      {"Dropout", fold_identity},
      {"Cast", fold_cast},
      {"Gather", fold_gather},
      {"Concat", fold_concat},
      {"Reshape", fold_shape_change},
      {"Squeeze", fold_shape_change},
      {"Unsqueeze", fold_shape_change},
      {"Flatten", fold_shape_change},
      {"Transpose", fold_transpose},
      {"Slice", fold_slice},
      {"Expand", fold_expand},
      {"Range", fold_range},
      {"Where", fold_where},
      {"ReduceProd", fold_reduce_product},
      {"QuantizeLinear", fold_quantize},
      {"DequantizeLinear", fold_dequantize},
      {"Add", fold_binary},
      {"Sub", fold_binary},
      {"Mul", fold_binary},
      {"Div", fold_binary},
      {"Min", fold_binary},
      {"Max", fold_binary},
      {"Pow", fold_binary},
      {"Equal", fold_binary},
      {"Sqrt", fold_unary},
      {"Exp", fold_unary},
      {"Abs", fold_unary},
      {"Neg", fold_unary},
      {"Floor", fold_unary},
      {"Ceil", fold_unary},
      {"Reciprocal", fold_unary},
      {"Relu", fold_unary},
  };
  const auto found = kFolds.find(node.node().op_type);
  if (found == kFolds.end()) return false;
  found->second(node);
  return true;
}

void import_shape(NodeImport& node) {
  const Dimensions& all =
      node.is_constant(0) ? node.constant(0, Constraint::only_constants).dimensions : node.view(0).dimensions;
  TensorData result;
  result.kind = ElementKind::integer;
  if (node.node().op_type == "Size") {
    result.integers = {std::accumulate(all.begin(), all.end(), std::int64_t{1}, std::multiplies<>())};
  } else {
    const auto rank = static_cast<std::int64_t>(all.size());
    const auto place = [&](std::int64_t at) { return std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank); };
    const std::int64_t start = place(node.integer("start", 0)), end = place(node.integer("end", rank));
    if (start < end) result.integers.assign(all.begin() + start, all.begin() + end);
    result.dimensions = {static_cast<std::int64_t>(result.integers.size())};
  }
  node.output_constant(std::move(result));
}

void import_constant_only(NodeImport& node) { node.unsupported(Constraint::only_constants); }

}  // namespace evenshift::compiler::importer

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>

#include "compiler/import/operators.h"
#include "compiler/import/reshape_target.h"

namespace evenshift::compiler::importer {
namespace {

/// Shape arithmetic and folded weights stay far below this; more is damage.
constexpr std::int64_t kMostFolded = 1 << 24;

std::int64_t folded_elements(const NodeImport& node, const Dimensions& dimensions) {
  const std::int64_t elements = checked_elements(dimensions, node.where() + ": its result");
  node.expect(elements <= kMostFolded, "it makes a constant of more than {} elements", kMostFolded);
  return elements;
}

const TensorData& input(const NodeImport& node, std::size_t index) {
  return node.constant(index, Constraint::only_constants);
}

std::vector<std::int64_t> integers(const NodeImport& node, std::size_t index) {
  return node.constant_integers(index, Constraint::only_constants);
}

TensorData like(const TensorData& source, const Dimensions& dimensions) {
  TensorData result;
  result.dimensions = dimensions;
  result.kind = source.kind;
  return result;
}

/// Elements `picks` of `source`.
TensorData gathered(const TensorData& source, const Dimensions& dimensions, const std::vector<std::int64_t>& picks) {
  TensorData result = like(source, dimensions);
  for (const std::int64_t pick : picks) {
    const auto at = static_cast<std::size_t>(pick);
    if (source.kind == ElementKind::integer)
      result.integers.push_back(source.integers.at(at));
    else
      result.reals.push_back(source.reals.at(at));
  }
  return result;
}

/// For every element of a tensor of these dimensions, in order, Σ index · stride.
std::vector<std::int64_t> walk(const Dimensions& dimensions, const std::vector<std::int64_t>& strides) {
  if (std::ranges::find(dimensions, 0) != dimensions.end()) return {};
  std::vector<std::int64_t> offsets{0};
  for (std::size_t i = 0; i < dimensions.size(); ++i) {
    std::vector<std::int64_t> longer;
    longer.reserve(offsets.size() * static_cast<std::size_t>(dimensions[i]));
    for (const std::int64_t base : offsets)
      for (std::int64_t k = 0; k < dimensions[i]; ++k) longer.push_back(base + k * strides[i]);
    offsets = std::move(longer);
  }
  return offsets;
}

std::vector<std::int64_t> strides_of(const Dimensions& dimensions) {
  std::vector<std::int64_t> strides(dimensions.size(), 1);
  for (std::size_t i = dimensions.size(); i-- > 1;) strides[i - 1] = strides[i] * dimensions[i];
  return strides;
}

Dimensions broadcast_dimensions(const NodeImport& node, const Dimensions& a, const Dimensions& b) {
  Dimensions result(std::max(a.size(), b.size()), 1);
  for (std::size_t i = 0; i < result.size(); ++i) {
    const std::int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1;
    const std::int64_t y = i < b.size() ? b[b.size() - 1 - i] : 1;
    node.expect(x == y || x == 1 || y == 1, "its inputs {} and {} do not broadcast", dimensions_text(a),
                dimensions_text(b));
    result[result.size() - 1 - i] = x == 1 ? y : x;
  }
  folded_elements(node, result);
  return result;
}

TensorData expanded(const TensorData& data, const Dimensions& dimensions) {
  if (data.dimensions == dimensions) return data;
  std::vector<std::int64_t> strides(dimensions.size(), 0);
  const std::vector<std::int64_t> own = strides_of(data.dimensions);
  const std::size_t missing = dimensions.size() - data.dimensions.size();
  for (std::size_t i = 0; i < own.size(); ++i)
    if (data.dimensions[i] != 1) strides[i + missing] = own[i];
  return gathered(data, dimensions, walk(dimensions, strides));
}

std::int64_t wrapped(std::uint64_t value) { return static_cast<std::int64_t>(value); }

std::int64_t integer_binary(const NodeImport& node, const std::string& op, std::int64_t a, std::int64_t b) {
  const auto x = static_cast<std::uint64_t>(a), y = static_cast<std::uint64_t>(b);
  if (op == "Add") return wrapped(x + y);
  if (op == "Sub") return wrapped(x - y);
  if (op == "Mul") return wrapped(x * y);
  if (op == "Min") return std::min(a, b);
  if (op == "Max") return std::max(a, b);
  if (op == "Equal") return a == b ? 1 : 0;
  node.require(op == "Div", Constraint::only_constants);
  node.expect(b != 0, "it divides by zero");
  return b == -1 ? wrapped(0 - x) : a / b;
}

float real_binary(const NodeImport& node, const std::string& op, float a, float b) {
  if (op == "Add") return a + b;
  if (op == "Sub") return a - b;
  if (op == "Mul") return a * b;
  if (op == "Div") return a / b;
  if (op == "Min") return std::min(a, b);
  if (op == "Max") return std::max(a, b);
  if (op == "Pow") return std::pow(a, b);
  node.unsupported(Constraint::only_constants);
}

void fold_binary(NodeImport& node) {
  const std::string& op = node.node().op_type;
  TensorData result = input(node, 0);
  for (std::size_t i = 1; i < node.inputs(); ++i) {
    const TensorData& other = input(node, i);
    const Dimensions dimensions = broadcast_dimensions(node, result.dimensions, other.dimensions);
    const TensorData a = expanded(result, dimensions), b = expanded(other, dimensions);
    result = like(a, dimensions);
    const bool mixed = a.kind != b.kind;
    node.expect(!mixed || op == "Pow", "its inputs have different element types");
    for (std::int64_t k = 0; k < a.elements(); ++k) {
      const auto at = static_cast<std::size_t>(k);
      if (a.kind == ElementKind::integer && !mixed && op != "Pow")
        result.integers.push_back(integer_binary(node, op, a.integers[at], b.integers[at]));
      else if (a.kind == ElementKind::real && op != "Equal")
        result.reals.push_back(real_binary(node, op, a.reals[at], static_cast<float>(b.number(k))));
      else
        node.unsupported(Constraint::only_constants);
    }
  }
  node.output_constant(std::move(result));
}

void fold_unary(NodeImport& node) {
  static const std::map<std::string, float (*)(float)> kFunctions = {
      {"Sqrt", [](float x) { return std::sqrt(x); }},   {"Exp", [](float x) { return std::exp(x); }},
      {"Abs", [](float x) { return std::abs(x); }},     {"Neg", [](float x) { return -x; }},
      {"Floor", [](float x) { return std::floor(x); }}, {"Ceil", [](float x) { return std::ceil(x); }},
      {"Reciprocal", [](float x) { return 1 / x; }},    {"Relu", [](float x) { return std::max(x, 0.0f); }},
  };
  const std::string& op = node.node().op_type;
  TensorData result = input(node, 0);
  for (float& value : result.reals) value = kFunctions.at(op)(value);
  for (std::int64_t& value : result.integers) {
    node.require(op == "Neg" || op == "Abs", Constraint::only_constants);
    if (op == "Neg" || value < 0) value = wrapped(0 - static_cast<std::uint64_t>(value));
  }
  node.output_constant(std::move(result));
}

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
  const Dimensions dimensions = integers(node, 0);
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

void fold_cast(NodeImport& node) {
  const TensorData& data = input(node, 0);
  static constexpr std::int64_t kFloatTypes[] = {1, 10, 11, 16};
  const bool to_real = std::ranges::find(kFloatTypes, node.integer("to", 1)) != std::end(kFloatTypes);
  const bool to_bool = node.integer("to", 1) == 9;
  TensorData result;
  result.dimensions = data.dimensions;
  result.kind = to_real ? ElementKind::real : ElementKind::integer;
  for (std::int64_t i = 0; i < data.elements(); ++i) {
    const double number = data.number(i);
    if (to_real) {
      result.reals.push_back(static_cast<float>(number));
    } else if (data.kind == ElementKind::integer) {
      const std::int64_t integer = data.integers[static_cast<std::size_t>(i)];
      result.integers.push_back(to_bool ? integer != 0 : integer);
    } else {
      node.expect(std::abs(number) < 9e18, "{} cannot be cast to an integer", number);
      result.integers.push_back(to_bool ? number != 0 : static_cast<std::int64_t>(number));
    }
  }
  node.output_constant(std::move(result));
}

void fold_gather(NodeImport& node) {
  const TensorData& data = input(node, 0);
  const TensorData& indices = input(node, 1);
  const std::vector<std::int64_t> wanted = integers(node, 1);
  const std::size_t axis = node.axis(node.integer("axis", 0), data.dimensions.size());
  const std::int64_t size = data.dimensions[axis];
  Dimensions outer(data.dimensions.begin(), data.dimensions.begin() + static_cast<std::ptrdiff_t>(axis));
  Dimensions inner(data.dimensions.begin() + static_cast<std::ptrdiff_t>(axis) + 1, data.dimensions.end());
  Dimensions dimensions = outer;
  dimensions.insert(dimensions.end(), indices.dimensions.begin(), indices.dimensions.end());
  dimensions.insert(dimensions.end(), inner.begin(), inner.end());
  folded_elements(node, dimensions);
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
  TensorData result = input(node, 0);
  const std::size_t axis = node.axis(node.integer("axis", 0), result.dimensions.size());
  for (std::size_t k = 1; k < node.inputs(); ++k) {
    const TensorData& next = input(node, k);
    Dimensions expected = result.dimensions;
    node.expect(next.dimensions.size() == expected.size() && next.kind == result.kind,
                "its inputs differ in rank or type");
    expected[axis] = next.dimensions[axis];
    node.expect(expected == next.dimensions, "its inputs differ on another axis than the concatenated one");
    Dimensions dimensions = result.dimensions;
    dimensions[axis] += next.dimensions[axis];
    folded_elements(node, dimensions);
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
  TensorData result = input(node, 0);
  const std::string& op = node.node().op_type;
  if (op == "Reshape") {
    result.dimensions = reshape_target(node, result.dimensions, integers(node, 1));
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
  const TensorData& data = input(node, 0);
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
  TensorData result = input(node, 0);
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
  const TensorData& data = input(node, 0);
  node.output_constant(expanded(data, broadcast_dimensions(node, data.dimensions, integers(node, 1))));
}

void fold_range(NodeImport& node) {
  const TensorData& start = input(node, 0);
  const double first = node.scalar(0, Constraint::only_constants), limit = node.scalar(1, Constraint::only_constants);
  const double step = node.scalar(2, Constraint::only_constants);
  node.expect(step != 0, "a step is 0");
  const double count = std::max(0.0, std::ceil((limit - first) / step));
  node.expect(count <= static_cast<double>(kMostFolded), "it makes a constant of more than {} elements", kMostFolded);
  TensorData result = like(start, {static_cast<std::int64_t>(count)});
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(count); ++i) {
    const double value = first + static_cast<double>(i) * step;
    if (start.kind == ElementKind::integer)
      result.integers.push_back(static_cast<std::int64_t>(value));
    else
      result.reals.push_back(static_cast<float>(value));
  }
  node.output_constant(std::move(result));
}

void fold_where(NodeImport& node) {
  const TensorData& condition = input(node, 0);
  const Dimensions pair = broadcast_dimensions(node, input(node, 1).dimensions, input(node, 2).dimensions);
  const Dimensions dimensions = broadcast_dimensions(node, condition.dimensions, pair);
  const TensorData choice = expanded(condition, dimensions);
  const TensorData yes = expanded(input(node, 1), dimensions), no = expanded(input(node, 2), dimensions);
  node.expect(yes.kind == no.kind && choice.kind == ElementKind::integer, "its inputs have different element types");
  TensorData result = like(yes, dimensions);
  for (std::size_t i = 0; i < choice.integers.size(); ++i) {
    const TensorData& from = choice.integers[i] != 0 ? yes : no;
    if (yes.kind == ElementKind::integer)
      result.integers.push_back(from.integers[i]);
    else
      result.reals.push_back(from.reals[i]);
  }
  node.output_constant(std::move(result));
}

void fold_reduce_product(NodeImport& node) {
  const TensorData& data = input(node, 0);
  node.require(data.kind == ElementKind::integer && data.dimensions.size() <= 1, Constraint::only_constants);
  std::uint64_t product = 1;
  for (const std::int64_t value : data.integers) product *= static_cast<std::uint64_t>(value);
  TensorData result = like(data, node.integer("keepdims", 1) != 0 ? data.dimensions : Dimensions{});
  for (std::int64_t& dimension : result.dimensions) dimension = 1;
  result.integers = {wrapped(product)};
  node.output_constant(std::move(result));
}

void fold_identity(NodeImport& node) { node.output_constant(input(node, 0)); }

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

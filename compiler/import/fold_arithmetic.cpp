#include <algorithm>
#include <cmath>
#include <map>

#include "compiler/import/fold_helpers.h"

namespace evenshift::compiler::importer {
namespace {

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

}  // namespace

void fold_binary(NodeImport& node) {
  const std::string& op = node.node().op_type;
  TensorData result = folded_input(node, 0);
  for (std::size_t i = 1; i < node.inputs(); ++i) {
    const TensorData& other = folded_input(node, i);
    const Dimensions dimensions =
        broadcast_dimensions(node, result.dimensions, other.dimensions, std::max(result.elements(), other.elements()));
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
  TensorData result = folded_input(node, 0);
  result.codes.clear();
  result.steps.clear();
  for (float& value : result.reals) value = kFunctions.at(op)(value);
  for (std::int64_t& value : result.integers) {
    node.require(op == "Neg" || op == "Abs", Constraint::only_constants);
    if (op == "Neg" || value < 0) value = wrapped(0 - static_cast<std::uint64_t>(value));
  }
  node.output_constant(std::move(result));
}

void fold_range(NodeImport& node) {
  const TensorData& start = folded_input(node, 0);
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
  const TensorData& condition = folded_input(node, 0);
  const Dimensions pair =
      broadcast_dimensions(node, folded_input(node, 1).dimensions, folded_input(node, 2).dimensions, 0);
  const Dimensions dimensions = broadcast_dimensions(node, condition.dimensions, pair, 0);
  const TensorData choice = expanded(condition, dimensions);
  const TensorData yes = expanded(folded_input(node, 1), dimensions), no = expanded(folded_input(node, 2), dimensions);
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
  const TensorData& data = folded_input(node, 0);
  node.require(data.kind == ElementKind::integer && data.dimensions.size() <= 1, Constraint::only_constants);
  std::uint64_t product = 1;
  for (const std::int64_t value : data.integers) product *= static_cast<std::uint64_t>(value);
  TensorData result = like(data, node.integer("keepdims", 1) != 0 ? data.dimensions : Dimensions{});
  for (std::int64_t& dimension : result.dimensions) dimension = 1;
  result.integers = {wrapped(product)};
  node.output_constant(std::move(result));
}

void fold_cast(NodeImport& node) {
  const TensorData& data = folded_input(node, 0);
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

}  // namespace evenshift::compiler::importer

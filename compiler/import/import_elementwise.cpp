#include <algorithm>
#include <cmath>
#include <map>

#include "compiler/import/channel_values.h"
#include "compiler/import/operators.h"

namespace evenshift::compiler::importer {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<float> to_floats(const NodeImport& node, const std::vector<double>& values) {
  std::vector<float> floats;
  for (const double value : values) {
    const auto number = static_cast<float>(value);
    node.expect(std::isfinite(number), "its constants make a NaN or an infinity");
    floats.push_back(number);
  }
  return floats;
}

void output_affine(NodeImport& node, const TensorView& view, const std::vector<double>& scale,
                   const std::vector<double>& offset) {
  node.output(node.emit_like(Affine{to_floats(node, scale), to_floats(node, offset)}, view));
}

/// out = scale · in + offset with input `constant` on one side: `make` gives both from its number.
template <typename Make>
void import_with_constant(NodeImport& node, std::size_t tensor, Make&& make) {
  TensorView view = node.view(tensor);
  const TensorData& constant = node.weights(1 - tensor, Constraint::constant_operand);
  std::vector<double> scale, offset;
  for (const double value : broadcast_constant(node, view, constant, Constraint::constant_operand)) {
    const auto [a, b] = make(value);
    scale.push_back(a);
    offset.push_back(b);
  }
  output_affine(node, view, scale, offset);
}

Activation activation_of(const NodeImport& node) {
  static const std::map<std::string, Activation> kPlain = {
      {"Relu", {Function::clamp, 0, kInfinity}}, {"Sigmoid", {Function::sigmoid, 0, 0}},
      {"Tanh", {Function::tanh, 0, 0}},          {"HardSwish", {Function::hard_swish, 0, 0}},
      {"Softplus", {Function::softplus, 0, 0}},  {"Exp", {Function::exp, 0, 0}},
      {"Sqrt", {Function::sqrt, 0, 0}},          {"Abs", {Function::abs, 0, 0}},
      {"Neg", {Function::negate, 0, 0}},
  };
  const std::string& type = node.node().op_type;
  if (type == "LeakyRelu") return {Function::leaky_relu, node.number("alpha", 0.01), 0};
  if (type == "Elu") return {Function::elu, node.number("alpha", 1.0), 0};
  if (type == "HardSigmoid") return {Function::hard_sigmoid, node.number("alpha", 0.2), node.number("beta", 0.5)};
  if (type == "Gelu") {
    node.require(node.text("approximate", "none") == "none", Constraint::gelu_exact);
    return {Function::gelu, 0, 0};
  }
  return kPlain.at(type);
}

void output_clamp(NodeImport& node, const TensorView& view, double low, double high) {
  // min(max(x, low), high): where they cross, everything is `high`.
  node.output(node.emit_like(Activation{Function::clamp, std::min(low, high), high}, view));
}

/// Min or Max of a tensor and constants of one number.
void import_limit(NodeImport& node, bool is_minimum) {
  double limit = is_minimum ? kInfinity : -kInfinity;
  std::optional<std::size_t> tensor;
  for (std::size_t i = 0; i < node.inputs(); ++i) {
    if (!node.is_constant(i)) {
      node.require(!tensor.has_value(), Constraint::limit_constant);
      tensor = i;
      continue;
    }
    const TensorData& data = node.constant(i, Constraint::limit_constant);
    for (std::int64_t k = 0; k < data.elements(); ++k)
      node.require(data.number(k) == data.number(0), Constraint::limit_constant);
    node.require(data.elements() > 0, Constraint::limit_constant);
    const TensorView& view = node.view(tensor.value_or(i == 0 ? 1 : 0));
    node.require(channel_values(view, node.shape_of(view), data).has_value(), Constraint::limit_constant);
    limit = is_minimum ? std::min(limit, data.number(0)) : std::max(limit, data.number(0));
  }
  node.expect(tensor.has_value(), "it has no input that is computed");
  output_clamp(node, node.view(*tensor), is_minimum ? -kInfinity : limit, is_minimum ? limit : kInfinity);
}

}  // namespace

void import_activation(NodeImport& node) { node.output(node.emit_like(activation_of(node), node.view(0))); }

void import_clip(NodeImport& node) {
  double low = node.number("min", -kInfinity);
  double high = node.number("max", kInfinity);
  if (node.opset() >= 11) {
    low = node.has_input(1) ? node.scalar(1, Constraint::clip_constant) : -kInfinity;
    high = node.has_input(2) ? node.scalar(2, Constraint::clip_constant) : kInfinity;
  }
  // The limits of float are how exporters write "none".
  const auto greatest = static_cast<double>(std::numeric_limits<float>::max());
  output_clamp(node, node.view(0), low <= -greatest ? -kInfinity : low, high >= greatest ? kInfinity : high);
}

void import_parametric_relu(NodeImport& node) {
  TensorView view = node.view(0);
  const TensorData& slope = node.weights(1, Constraint::constant_operand);
  const auto values = broadcast_constant(node, view, slope, Constraint::constant_operand);
  if (std::ranges::adjacent_find(values, std::ranges::not_equal_to{}) == values.end()) {
    node.output(node.emit_like(Activation{Function::leaky_relu, values[0], 0}, view));
    return;
  }
  node.output(node.emit_like(ParametricRelu{to_floats(node, values)}, view));
}

void import_batch_normalization(NodeImport& node) {
  TensorView view = node.view(0);
  node.require(node.integer("training_mode", 0) == 0, Constraint::inference_only);
  node.expect(view.rank() >= 2, "an input of rank {} has no channels", view.rank());
  const std::int64_t channels = view.dimensions[1];
  node.require(node.integer("spatial", 1) != 0 || view.rank() == 2, Constraint::batch_norm_spatial);
  const double epsilon = node.number("epsilon", 1e-5);
  const char* const names[] = {"", "scale", "bias", "mean", "variance"};
  std::vector<const TensorData*> data(5, nullptr);
  for (std::size_t i = 1; i <= 4; ++i) {
    data[i] = &node.weights(i, Constraint::constant_weights);
    node.expect(data[i]->kind == ElementKind::real && data[i]->elements() == channels,
                "the {} has {} elements for {} channels", names[i], data[i]->elements(), channels);
  }
  std::vector<double> scales, offsets;
  for (std::int64_t c = 0; c < channels; ++c) {
    const double deviation = std::sqrt(data[4]->number(c) + epsilon);
    node.expect(deviation > 0, "the variance of channel {} is {}, which has no root", c, data[4]->number(c));
    scales.push_back(data[1]->number(c) / deviation);
    offsets.push_back(data[2]->number(c) - data[3]->number(c) * scales.back());
  }
  // As constants along axis 1, brought to the order of the value's channels.
  Dimensions along(view.rank() - 1, 1);
  along[0] = channels;
  TensorData by_axis{"", along, ElementKind::integer, {}, {}, 0, {}, {}};
  for (std::int64_t c = 0; c < channels; ++c) by_axis.integers.push_back(c);
  std::vector<double> ordered_scale, ordered_offset;
  for (const double c : broadcast_constant(node, view, by_axis, Constraint::layout)) {
    ordered_scale.push_back(scales[static_cast<std::size_t>(c)]);
    ordered_offset.push_back(offsets[static_cast<std::size_t>(c)]);
  }
  output_affine(node, view, ordered_scale, ordered_offset);
}

void import_add(NodeImport& node) {
  using Pair = std::pair<double, double>;
  if (node.is_constant(0) || node.is_constant(1))
    return import_with_constant(node, node.is_constant(0) ? 1 : 0, [](double c) { return Pair{1, c}; });
  import_pair(node, PairOperator::add);
}

void import_subtract(NodeImport& node) {
  using Pair = std::pair<double, double>;
  if (node.is_constant(1)) return import_with_constant(node, 0, [](double c) { return Pair{1, -c}; });
  if (node.is_constant(0)) return import_with_constant(node, 1, [](double c) { return Pair{-1, c}; });
  import_pair(node, PairOperator::subtract);
}

void import_multiply(NodeImport& node) {
  using Pair = std::pair<double, double>;
  if (node.is_constant(0) || node.is_constant(1))
    return import_with_constant(node, node.is_constant(0) ? 1 : 0, [](double c) { return Pair{c, 0}; });
  import_pair(node, PairOperator::multiply);
}

void import_divide(NodeImport& node) {
  node.require(node.is_constant(1), Constraint::divide_constant);
  import_with_constant(node, 0, [&](double c) {
    node.expect(c != 0, "it divides by zero");
    return std::pair<double, double>{1 / c, 0};
  });
}

void import_minimum(NodeImport& node) { import_limit(node, true); }
void import_maximum(NodeImport& node) { import_limit(node, false); }

}  // namespace evenshift::compiler::importer

#include "compiler/import/quantized_constants.h"

#include <algorithm>
#include <cmath>

namespace evenshift::compiler::importer {

QuantParams tensor_params(const NodeImport& node) {
  const TensorData& scale = node.constant(1, Constraint::quantize_constant);
  node.require(scale.elements() == 1, Constraint::quantize_tensor);
  QuantParams params;
  params.scale = scale.number(0);
  node.expect(std::isfinite(params.scale) && params.scale > 0, "a scale of {} is not above 0", params.scale);
  int type = kUint8Type;
  if (node.has_input(2)) {
    const TensorData& zero_point = node.constant(2, Constraint::quantize_constant);
    node.require(zero_point.elements() == 1, Constraint::quantize_tensor);
    type = zero_point.data_type;
    params.zero_point = static_cast<std::int32_t>(
        std::clamp<std::int64_t>(static_cast<std::int64_t>(zero_point.number(0)), -(1 << 16), 1 << 16));
  }
  node.require(type == kUint8Type || type == kInt8Type, Constraint::quantize_type);
  if (type == kUint8Type) params.zero_point -= 128;
  node.expect(params.zero_point >= params.min_code() && params.zero_point <= params.max_code(),
              "a zero point is outside of its type");
  return params;
}

std::optional<ConvCodes> weight_codes(const NodeImport& node, const TensorData& weights, std::int64_t channels) {
  if (weights.codes.empty()) return std::nullopt;
  ConvCodes codes;
  const std::size_t row = weights.codes.size() / static_cast<std::size_t>(channels);
  codes.weights.reserve(weights.codes.size());
  for (std::size_t i = 0; i < weights.codes.size(); ++i) {
    node.require(weights.codes[i] >= -128 && weights.codes[i] <= 127, Constraint::weight_codes);
    node.require(weights.steps[i] == weights.steps[i / row * row], Constraint::weight_channels);
    codes.weights.push_back(static_cast<std::int8_t>(weights.codes[i]));
    if (i % row == 0) codes.scales.push_back(static_cast<double>(weights.steps[i]));
  }
  return codes;
}

void take_bias(ConvCodes& codes, const TensorData& bias) {
  codes.bias = bias.codes;
  codes.bias_scales.assign(bias.steps.begin(), bias.steps.end());
}

void scale(TensorData& data, double factor) {
  for (float& value : data.reals) value = static_cast<float>(factor * value);
  for (float& step : data.steps) step = static_cast<float>(factor * step);
  if (factor > 0) return;
  data.codes.clear();
  data.steps.clear();
}

}  // namespace evenshift::compiler::importer

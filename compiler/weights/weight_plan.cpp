#include "compiler/weights/weight_plan.h"

namespace evenshift::compiler {

Conv dequantized(const Conv& conv, const WeightPlan& plan) {
  Conv result = conv;
  const std::size_t taps = conv.weights.size() / static_cast<std::size_t>(conv.output_channels);
  for (std::size_t i = 0; i < conv.weights.size(); ++i) {
    const std::size_t c = i / taps;
    const double code = plan.codes.empty() ? plan.grid.nearest_code(c, conv.weights[i]) : plan.codes[i];
    result.weights[i] = static_cast<float>(plan.grid.scale(c) * code);
  }
  if (!plan.bias.empty()) result.bias = plan.bias;
  return result;
}

}  // namespace evenshift::compiler

#include "compiler/quantize/quantize_lookup.h"

#include <algorithm>
#include <cmath>

#include "arch/numerics/requantize.h"

namespace evenshift::compiler {
namespace {

bool is_piecewise_linear(const Activation& activation) {
  const Clamp clamp{activation.alpha, activation.beta};
  return activation.function == Function::leaky_relu || (activation.function == Function::clamp && clamp.is_identity());
}

std::int8_t tflite_code(const Activation& activation, int code, const QuantParams& input, const QuantParams& output) {
  const std::int32_t value = code - input.zero_point;
  const bool is_scaled = activation.function == Function::leaky_relu && value < 0;
  // A leaky ReLU's multipliers are taken in float, a change of scale's in double.
  const float from = static_cast<float>(input.scale), to = static_cast<float>(output.scale);
  const double scale = activation.function != Function::leaky_relu ? input.scale / output.scale
                       : is_scaled ? static_cast<double>(from * static_cast<float>(activation.alpha) / to)
                                   : static_cast<double>(from / to);
  constexpr int kMultiplierBits = 31;
  std::int64_t result = 0;
  if (scale != 0)
    result = scale_and_round(scale < 0 ? -value : value, fixed_point_scale(std::abs(scale), kMultiplierBits),
                             RoundingMode::tflite_double);
  return to_output(result, {output.zero_point, output.min_code(), output.max_code()});
}

}  // namespace

QuantizedLookup tabulate(const Activation& activation, const QuantParams& input, const QuantParams& output,
                         RoundingMode rounding) {
  const bool in_integers = rounding == RoundingMode::tflite_double && is_piecewise_linear(activation);
  QuantizedLookup lookup;
  for (int code = -128; code <= 127; ++code) {
    const int inside = std::clamp(code, input.min_code(), input.max_code());
    lookup.table[static_cast<std::size_t>(code + 128)] =
        in_integers ? tflite_code(activation, inside, input, output)
                    : quantize(evaluate(activation, dequantize(inside, input)), output);
  }
  return lookup;
}

}  // namespace evenshift::compiler

#pragma once

#include <cstdint>

#include "arch/numerics/requantize.h"

namespace evenshift {

// The arithmetic of the vector unit. Codes are signed 8 bits, multipliers signed 32 bits, |multiplier| < 2^31, products
// stay below 2^62. One rounding each, with `round_shift`, but for Multiply under `tflite_double`. The functions
// `scaled_…` give the rounded value alone, without zero point and clamp, for callers that count what the clamp changes.
// Source: numerics.md, "The other operators".

/// Add and subtract: clamp(z_y + Round((q_a - z_a) · M_a + (q_b - z_b) · M_b, n), low, high).
struct AddScales {
  std::int32_t zero_point_a = 0;
  std::int32_t zero_point_b = 0;
  std::int32_t multiplier_a = 0;
  std::int32_t multiplier_b = 0;
  int shift = 0;
};
constexpr std::int64_t scaled_add(std::int8_t a, std::int8_t b, const AddScales& s, RoundingMode mode) {
  const std::int64_t sum = static_cast<std::int64_t>(a - s.zero_point_a) * s.multiplier_a +
                           static_cast<std::int64_t>(b - s.zero_point_b) * s.multiplier_b;
  return round_shift(sum, s.shift, mode);
}
constexpr std::int8_t add(std::int8_t a, std::int8_t b, const AddScales& s, const OutputRange& range,
                          RoundingMode mode) {
  return to_output(scaled_add(a, b, s, mode), range);
}

/// Multiply: clamp(z_y + Round((q_a - z_a)(q_b - z_b) · M, n), low, high). `tflite_double` takes the product for an
/// accumulator: both roundings of scale_and_round, as TFLite's MUL.
struct MultiplyScales {
  std::int32_t zero_point_a = 0;
  std::int32_t zero_point_b = 0;
  std::int32_t multiplier = 0;
  int shift = 0;
};
constexpr std::int64_t scaled_multiply(std::int8_t a, std::int8_t b, const MultiplyScales& s, RoundingMode mode) {
  const std::int32_t product = (a - s.zero_point_a) * (b - s.zero_point_b);
  if (mode == RoundingMode::tflite_double)
    return scale_and_round(product, {static_cast<std::uint32_t>(s.multiplier), s.shift}, mode);
  return round_shift(static_cast<std::int64_t>(product) * s.multiplier, s.shift, mode);
}
constexpr std::int8_t multiply(std::int8_t a, std::int8_t b, const MultiplyScales& s, const OutputRange& range,
                               RoundingMode mode) {
  return to_output(scaled_multiply(a, b, s, mode), range);
}

/// A sum of (q - z) over a window, or one value, brought to another scale: clamp(z_y + Round(sum · M, n), low, high).
/// Average pooling has the division by the number of taps in M.
constexpr std::int64_t scaled_value(std::int32_t sum, std::int32_t multiplier, int shift, RoundingMode mode) {
  return round_shift(static_cast<std::int64_t>(sum) * multiplier, shift, mode);
}
constexpr std::int8_t rescale(std::int32_t sum, std::int32_t multiplier, int shift, const OutputRange& range,
                              RoundingMode mode) {
  return to_output(scaled_value(sum, multiplier, shift, mode), range);
}

}  // namespace evenshift

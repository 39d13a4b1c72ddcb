#pragma once

#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "arch/numerics/requantize.h"

namespace evenshift {

/// How a tensor's codes stand for real values: scale · (q - zero_point), q signed of `bits` bits.
struct QuantParams {
  double scale = 1.0;
  std::int32_t zero_point = 0;
  int bits = 8;

  [[nodiscard]] constexpr std::int32_t min_code() const { return -(1 << (bits - 1)); }
  [[nodiscard]] constexpr std::int32_t max_code() const { return (1 << (bits - 1)) - 1; }
  friend constexpr bool operator==(const QuantParams&, const QuantParams&) = default;
};

/// The largest weight code of `bits` bits: 2^(bits-1) - 1. Weights are symmetric, the extra negative code is not used.
constexpr std::int32_t max_weight_code(int bits) { return (1 << (bits - 1)) - 1; }

/// Nearest integer, ties to even, whatever the floating-point environment says.
inline double round_half_even(double value) {
  const double floor = std::floor(value);
  const double fraction = value - floor;
  if (fraction < 0.5) return floor;
  if (fraction > 0.5) return floor + 1;
  return std::fmod(floor, 2.0) == 0 ? floor : floor + 1;
}

/// Code of a real value: clamp(round(value / scale) + zero_point). Not-a-number becomes the zero point.
inline std::int8_t quantize(double value, const QuantParams& params) {
  const double scaled = value / params.scale;
  if (std::isnan(scaled)) return static_cast<std::int8_t>(params.zero_point);
  const double code = round_half_even(scaled) + params.zero_point;
  if (code <= params.min_code()) return static_cast<std::int8_t>(params.min_code());
  if (code >= params.max_code()) return static_cast<std::int8_t>(params.max_code());
  return static_cast<std::int8_t>(code);
}

/// Real value of a code: scale · (q - zero_point).
constexpr double dequantize(std::int32_t code, const QuantParams& params) {
  return params.scale * (code - params.zero_point);
}

/// Asymmetric parameters whose range covers [low, high] and 0, with 0 exactly representable:
/// scale = (high - low) / (2^bits - 1), rounded to float so that other formats can carry it, zero_point =
/// round(min_code - low / scale). An empty range gives scale 1.
inline QuantParams quant_params_from_range(double low, double high, int bits) {
  QuantParams params;
  params.bits = bits;
  low = low < 0 ? low : 0;
  high = high > 0 ? high : 0;
  const double width = high - low;
  if (!(width > 0) || !std::isfinite(width)) return params;
  params.scale = static_cast<double>(static_cast<float>(width / ((1 << bits) - 1)));
  if (!(params.scale > 0)) params.scale = 1;  // a denormal range
  params.zero_point = static_cast<std::int32_t>(
      clamp_to(static_cast<std::int64_t>(round_half_even(params.min_code() - low / params.scale)), params.min_code(),
               params.max_code()));
  return params;
}

/// M · 2^(-n) nearest to `scale` > 0, M in [2^(bits-1), 2^bits), n in [0, max_shift].
///
/// A scale so small that n would pass max_shift gives M = 2^(bits-1), n = max_shift at least (every product then rounds
/// to the same as with the true scale as long as |acc| · M < 2^(max_shift-1)); one so large that n would be negative
/// gives n = 0 and the largest M: the compiler avoids both and reports them. Source: numerics.md, "Quantities".
inline FixedPointScale fixed_point_scale(double scale, int multiplier_bits, int max_shift = kMaxShift) {
  int exponent = 0;
  const double fraction = std::frexp(scale, &exponent);  // scale = fraction * 2^exponent, fraction in [0.5, 1)
  double multiplier = round_half_even(std::ldexp(fraction, multiplier_bits));
  int shift = multiplier_bits - exponent;
  if (multiplier >= std::ldexp(1.0, multiplier_bits)) {
    multiplier /= 2;
    --shift;
  }
  if (shift > max_shift) {
    multiplier = std::ldexp(1.0, multiplier_bits - 1);
    shift = max_shift;
  } else if (shift < 0) {
    multiplier = std::ldexp(1.0, multiplier_bits) - 1;
    shift = 0;
  }
  return {static_cast<std::uint32_t>(multiplier), shift};
}

/// The real value of a fixed-point scale.
inline double to_double(FixedPointScale scale) {
  return std::ldexp(static_cast<double>(scale.multiplier), -scale.shift);
}

}  // namespace evenshift

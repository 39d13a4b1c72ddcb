#pragma once

#include <optional>

#include "arch/numerics/requantize.h"

namespace evenshift {

/// A channel's requantization in a form for vector instructions without 64-bit arithmetic shifts: the high word of a
/// 64-bit multiply-add, shifted in 32 bits.
///
///     requantize(acc, scale, range, mode) = clamp( ((acc · multiplier + addend) >> 32) >> shift, low, high )
///
/// for every 32-bit acc. Proof, with M, s = scale and t the shift that brings M · 2^t into [2^30, 2^31):
///   Round(acc · M, s) is (acc · M + h) >> s with h = 2^(s-1) (half_up) or 0 (truncate), s > 0. Multiplying value, h
///   and divisor by 2^t changes no floor: (acc · M·2^t + h·2^t) >> (s + t). Adding z_y · 2^(s+t) adds z_y to the
///   result. A floor of a floor of powers of two is one floor, so that the right shift by s + t may be one by 32 and
///   then one by s + t - 32. |acc · M·2^t| < 2^62, and with s + t <= 54 the addends stay below 2^62: nothing overflows.
///   M = 0 rounds to 0 whatever s is.
struct HighWordScale {
  std::int32_t multiplier = 0;  ///< M · 2^t
  std::int64_t addend = 0;      ///< h · 2^t + z_y · 2^(s+t)
  std::int32_t shift = 0;       ///< s + t - 32
};

/// Nothing where the form does not hold: other rounding modes, or s = 0, or s + t outside [32, 54].
constexpr std::optional<HighWordScale> high_word_scale(FixedPointScale scale, std::int32_t zero_point,
                                                       RoundingMode mode) {
  if (mode != RoundingMode::half_up && mode != RoundingMode::truncate) return std::nullopt;
  if (scale.multiplier == 0) return HighWordScale{0, std::int64_t{zero_point} << 32, 0};
  if (scale.shift == 0 || scale.multiplier >= std::uint32_t{1} << 31) return std::nullopt;
  int shift = scale.shift;
  std::uint32_t multiplier = scale.multiplier;
  for (; multiplier < std::uint32_t{1} << 30; multiplier <<= 1) ++shift;
  if (shift < 32 || shift > 54) return std::nullopt;
  const std::int64_t half = mode == RoundingMode::half_up ? std::int64_t{1} << (shift - 1) : 0;
  return HighWordScale{static_cast<std::int32_t>(multiplier), half + zero_point * (std::int64_t{1} << shift),
                       shift - 32};
}

/// The right side of the equation.
constexpr std::int8_t requantize(std::int32_t acc, const HighWordScale& scale, std::int32_t low, std::int32_t high) {
  const std::int64_t word = (static_cast<std::int64_t>(acc) * scale.multiplier + scale.addend) >> 32;
  return static_cast<std::int8_t>(clamp_to(word >> scale.shift, low, high));
}

}  // namespace evenshift

#pragma once

#include <optional>

#include "arch/numerics/requantize.h"

namespace evenshift {

/// A channel's requantization in a form for vector instructions without 64-bit arithmetic shifts: the high word of a
/// 64-bit multiply-add, shifted in 32 bits.
///
///     requantize(acc, scale, range, mode) =
///         clamp( (((acc << pre_shift) · multiplier + addend) >> 32) >> shift, low, high )
///
/// for every acc of |acc| <= bound. Proof, with M, s = scale, t the shift that brings M · 2^t into [2^30, 2^31), and
/// p = pre_shift what s + t lacks of 32:
///   Round(acc · M, s) is (acc · M + h) >> s with h = 2^(s-1) (half_up) or 0 (truncate), s > 0. Multiplying value, h
///   and divisor by 2^(t+p) changes no floor. Adding z_y · 2^(s+t+p) adds z_y to the result. A floor of a floor of
///   powers of two is one floor, so that the right shift by s + t + p may be one by 32 and then one by s + t + p - 32.
///   Nothing overflows where |acc| · 2^p stays below 2^31, and |acc · M| + h + |z_y| · 2^s, times 2^(t+p), below 2^63.
///   Where bound · M < 2^(s-1), half_up rounds everything to 0, as M = 0 does whatever s is.
struct HighWordScale {
  std::int32_t multiplier = 0;  ///< M · 2^t
  std::int64_t addend = 0;      ///< h · 2^(t+p) + z_y · 2^(s+t+p)
  std::int32_t shift = 0;       ///< s + t + p - 32
  std::int32_t pre_shift = 0;   ///< p
};

inline constexpr std::int64_t kAnyAccumulator = std::int64_t{1} << 31;

/// Nothing where the form does not hold: other rounding modes, or s = 0, or s + t so far below 32 or so large that
/// something could overflow; with s + t of 32 to 54 nothing does, whatever the bound. `bound`: 0 to kAnyAccumulator.
constexpr std::optional<HighWordScale> high_word_scale(FixedPointScale scale, std::int32_t zero_point,
                                                       RoundingMode mode, std::int64_t bound = kAnyAccumulator) {
  if (mode != RoundingMode::half_up && mode != RoundingMode::truncate) return std::nullopt;
  const HighWordScale zero{0, std::int64_t{zero_point} * (std::int64_t{1} << 32), 0};
  if (scale.multiplier == 0) return zero;
  if (scale.shift == 0 || scale.multiplier >= std::uint32_t{1} << 31) return std::nullopt;
  const std::int64_t largest = bound * scale.multiplier;
  if (mode == RoundingMode::half_up && largest < std::int64_t{1} << (scale.shift - 1)) return zero;
  int shift = scale.shift;
  std::uint32_t multiplier = scale.multiplier;
  for (; multiplier < std::uint32_t{1} << 30; multiplier <<= 1) ++shift;
  // |acc · M| + h + |z_y| · 2^s is below `outputs` · 2^s.
  const std::int64_t outputs = (zero_point < 0 ? -zero_point : zero_point) + (largest >> scale.shift) + 2;
  const int pre_shift = shift < 32 ? 32 - shift : 0;
  shift += pre_shift;
  if (bound << pre_shift > INT32_MAX + std::int64_t{pre_shift == 0}) return std::nullopt;
  if (shift > 62 || outputs > INT64_MAX >> shift) return std::nullopt;
  const std::int64_t half = mode == RoundingMode::half_up ? std::int64_t{1} << (shift - 1) : 0;
  return HighWordScale{static_cast<std::int32_t>(multiplier), half + zero_point * (std::int64_t{1} << shift),
                       shift - 32, pre_shift};
}

/// The right side of the equation.
constexpr std::int8_t requantize(std::int32_t acc, const HighWordScale& scale, std::int32_t low, std::int32_t high) {
  const std::int64_t shifted = acc * (std::int64_t{1} << scale.pre_shift);
  const std::int64_t word = (shifted * scale.multiplier + scale.addend) >> 32;
  return static_cast<std::int8_t>(clamp_to(word >> scale.shift, low, high));
}

}  // namespace evenshift

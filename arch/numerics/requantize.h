#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "arch/numerics/rounding.h"

namespace evenshift {

/// What of the effective scale is stored per layer and what per output channel.
///
///     layer                     M, n per layer                    0 bits per channel
///     layer_with_channel_shift  M, n per layer, k_c per channel   shift_bits per channel
///     channel_shift_only        M = 1, n_c per channel            5 bits per channel
///     channel_multiplier        M_c, n_c per channel              multiplier_bits + 6 bits per channel
///
/// Source: numerics.md, `RequantScale`.
enum class RequantScale : std::uint8_t { layer, layer_with_channel_shift, channel_shift_only, channel_multiplier };

inline constexpr std::array<std::string_view, 4> kRequantScaleNames = {"layer", "layer_with_channel_shift",
                                                                       "channel_shift_only", "channel_multiplier"};

constexpr std::string_view to_string(RequantScale scale) { return kRequantScaleNames[static_cast<std::size_t>(scale)]; }

constexpr std::optional<RequantScale> requant_scale_from_string(std::string_view name) {
  for (std::size_t i = 0; i < kRequantScaleNames.size(); ++i)
    if (kRequantScaleNames[i] == name) return static_cast<RequantScale>(i);
  return std::nullopt;
}

/// Bits of `n_c` in `channel_shift_only` and of `n_c` in `channel_multiplier`.
inline constexpr int kChannelShiftOnlyBits = 5;
inline constexpr int kChannelMultiplierShiftBits = 6;

/// Bits that one output channel stores in the packed scales of a layer.
constexpr int scale_bits_per_channel(RequantScale scale, int shift_bits, int multiplier_bits) {
  switch (scale) {
    case RequantScale::layer:
      return 0;
    case RequantScale::layer_with_channel_shift:
      return shift_bits;
    case RequantScale::channel_shift_only:
      return kChannelShiftOnlyBits;
    case RequantScale::channel_multiplier:
      return multiplier_bits + kChannelMultiplierShiftBits;
  }
  return 0;
}

/// An effective scale: multiplier · 2^(-shift), where shift already contains the channel's k_c.
struct FixedPointScale {
  std::uint32_t multiplier = 1;  ///< M, below 2^31
  int shift = 0;                 ///< total_shift(n, k_c), 0 to kMaxShift
  friend constexpr bool operator==(const FixedPointScale&, const FixedPointScale&) = default;
};

/// gemmlowp's saturating rounding doubling high multiply: round(a · b / 2^31), ties away from zero from above
/// (the nudge of a negative product is 1 - 2^30 and the quotient truncates), b >= 0 so that nothing saturates.
constexpr std::int32_t doubling_high_multiply(std::int32_t a, std::int32_t b) {
  const std::int64_t product = static_cast<std::int64_t>(a) * b;
  const std::int64_t nudge = product >= 0 ? (std::int64_t{1} << 30) : 1 - (std::int64_t{1} << 30);
  return static_cast<std::int32_t>((product + nudge) / (std::int64_t{1} << 31));
}

/// Round(acc · M, s) in 64 bits.
///
/// `tflite_double` rounds twice, as gemmlowp and TFLite do. With M in [2^30, 2^31) a Q31 fraction and
/// shift = 31 - s: for s >= 31, round_shift(doubling_high_multiply(acc, M), s - 31, half_away); for s < 31 the
/// accumulator is first multiplied by 2^(31 - s), and saturates to 32 bits, where TFLite's behaviour is undefined.
/// Range: acc is signed 32 bits, M < 2^31, 0 <= s <= kMaxShift. Source: TFLite `MultiplyByQuantizedMultiplier`.
constexpr std::int64_t scale_and_round(std::int32_t acc, FixedPointScale scale, RoundingMode mode) {
  if (mode == RoundingMode::tflite_double) {
    std::int64_t shifted = acc;
    int right_shift = scale.shift - 31;
    if (right_shift < 0) {
      shifted *= std::int64_t{1} << -right_shift;
      if (shifted > INT32_MAX) shifted = INT32_MAX;
      if (shifted < INT32_MIN) shifted = INT32_MIN;
      right_shift = 0;
    }
    const std::int32_t high =
        doubling_high_multiply(static_cast<std::int32_t>(shifted), static_cast<std::int32_t>(scale.multiplier));
    return round_shift(high, right_shift, RoundingMode::half_away);
  }
  return round_shift(static_cast<std::int64_t>(acc) * static_cast<std::int64_t>(scale.multiplier), scale.shift, mode);
}

constexpr std::int64_t clamp_to(std::int64_t value, std::int64_t low, std::int64_t high) {
  return value < low ? low : value > high ? high : value;
}

/// Where a requantized value lands: its zero point and the code range of the fused activation.
struct OutputRange {
  std::int32_t zero_point = 0;
  std::int32_t low = -128;
  std::int32_t high = 127;
  friend constexpr bool operator==(const OutputRange&, const OutputRange&) = default;
};

/// z_y + value, clamped to [low, high].
constexpr std::int8_t to_output(std::int64_t value, const OutputRange& range) {
  return static_cast<std::int8_t>(clamp_to(range.zero_point + value, range.low, range.high));
}

/// The requantization of a convolution: clamp(z_y + Round(acc · M, n + k_c), low, high).
constexpr std::int8_t requantize(std::int32_t acc, FixedPointScale scale, const OutputRange& range, RoundingMode mode) {
  return to_output(scale_and_round(acc, scale, mode), range);
}

}  // namespace evenshift

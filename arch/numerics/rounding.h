#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace evenshift {

/// How a right shift rounds, named by what it does.
enum class RoundingMode : std::uint8_t { half_up, half_away, half_even, truncate, tflite_double };

inline constexpr std::array<std::string_view, 5> kRoundingModeNames = {"half_up", "half_away", "half_even", "truncate",
                                                                       "tflite_double"};

constexpr std::string_view to_string(RoundingMode mode) { return kRoundingModeNames[static_cast<std::size_t>(mode)]; }

constexpr std::optional<RoundingMode> rounding_mode_from_string(std::string_view name) {
  for (std::size_t i = 0; i < kRoundingModeNames.size(); ++i)
    if (kRoundingModeNames[i] == name) return static_cast<RoundingMode>(i);
  return std::nullopt;
}

/// The largest shift amount of the requantizer's shifter.
inline constexpr int kMaxShift = 63;

/// n + k_c, saturated at kMaxShift. Exact: a product is below 2^62, so a shift by 63 or by more rounds it to the same
/// value in every mode (to 0, or to -1 for a negative value and `truncate`).
constexpr int total_shift(int layer_shift, int channel_shift) {
  return layer_shift + channel_shift < kMaxShift ? layer_shift + channel_shift : kMaxShift;
}

/// Round(v, s): v / 2^s, rounded to an integer as `mode` says; s = 0 is v.
///
///     half_up    floor(v / 2^s + 1/2)                    = (v + 2^(s-1)) >> s
///     half_away  nearest, ties away from zero            = (v + 2^(s-1) - (v < 0)) >> s
///     half_even  nearest, ties to even                   = (v + 2^(s-1) - 1 + bit s of v) >> s
///     truncate   floor(v / 2^s)                          = v >> s
///
/// Range: |v| < 2^62 and 0 <= s <= kMaxShift, so that v + 2^(s-1) fits 64 bits. `tflite_double` differs from the
/// others only where there is a multiplier (scale_and_round); a bare shift of it is TFLite's rounding divide by a
/// power of two, which is `half_away`. Source: numerics.md, "Requantization of a convolution".
constexpr std::int64_t round_shift(std::int64_t v, int s, RoundingMode mode) {
  if (s == 0) return v;
  const std::int64_t half = std::int64_t{1} << (s - 1);
  switch (mode) {
    case RoundingMode::half_up:
      return (v + half) >> s;
    case RoundingMode::half_away:
    case RoundingMode::tflite_double:
      return (v + half - (v < 0 ? 1 : 0)) >> s;
    case RoundingMode::half_even:
      return (v + half - 1 + ((v >> s) & 1)) >> s;
    case RoundingMode::truncate:
      return v >> s;
  }
  return 0;
}

}  // namespace evenshift

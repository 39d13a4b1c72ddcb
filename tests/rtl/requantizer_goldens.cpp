#include "tests/rtl/requantizer_goldens.h"

#include <algorithm>
#include <bit>
#include <initializer_list>
#include <random>

#include "arch/numerics/requantize.h"

namespace evenshift::rtl {
namespace {

constexpr int kBuiltShiftBits = 5;  // of evenshift_requantizer_tb.sv

FixedPointScale effective_scale(RequantScale scale, FixedPointScale layer, FixedPointScale channel) {
  switch (scale) {
    case RequantScale::layer:
      return layer;
    case RequantScale::layer_with_channel_shift:
      return {layer.multiplier, total_shift(layer.shift, channel.shift % (1 << kBuiltShiftBits))};
    case RequantScale::channel_shift_only:
      return {1, channel.shift};
    case RequantScale::channel_multiplier:
      return channel;
  }
  return layer;
}

/// A shift by which a product of `acc` and a multiplier of 31 bits keeps up to ten bits.
int typical_shift(std::int32_t acc, int kept) {
  const auto magnitude = static_cast<std::uint32_t>(acc < 0 ? ~acc : acc);
  return std::clamp(static_cast<int>(std::bit_width(magnitude)) + 31 - kept, 0, kMaxShift);
}

}  // namespace

std::vector<std::uint32_t> requantizer_goldens(std::uint32_t seed, int cases) {
  std::mt19937 random(seed);
  const auto below = [&](std::uint32_t n) { return static_cast<int>(random() % n); };
  const auto multiplier = [&] { return (static_cast<std::uint32_t>(random()) | 0x80000000U) >> (1 + below(4)); };
  std::vector<std::uint32_t> words = {static_cast<std::uint32_t>(cases)};
  for (int i = 0; i < cases; ++i) {
    // Every fourth accumulator is a few steps of a power of two, so that ties are met.
    const std::int32_t acc =
        below(4) == 0 ? (below(64) - 32) * (1 << below(26)) : static_cast<std::int32_t>(random()) >> below(32);
    FixedPointScale layer{below(4) == 0 ? 1U << 30 : multiplier(), below(64)};
    FixedPointScale channel{multiplier(), below(64)};
    if (below(4) != 0) {
      layer.shift = typical_shift(acc, below(10));
      channel.shift = below(2) == 0 ? below(4) : layer.shift;
    }
    const auto mode = static_cast<RoundingMode>(below(5));
    const auto scale = static_cast<RequantScale>(below(4));
    const OutputRange range{below(256) - 128, below(4) == 0 ? below(128) - 128 : -128,
                            below(4) == 0 ? below(128) : 127};
    const FixedPointScale effective = effective_scale(scale, layer, channel);
    const std::int64_t value = range.zero_point + scale_and_round(acc, effective, mode);
    for (const std::int64_t word :
         {std::int64_t{acc}, std::int64_t{layer.multiplier}, std::int64_t{layer.shift},
          std::int64_t{channel.multiplier}, std::int64_t{channel.shift}, static_cast<std::int64_t>(mode),
          static_cast<std::int64_t>(scale), std::int64_t{range.zero_point}, std::int64_t{range.low},
          std::int64_t{range.high}, std::int64_t{requantize(acc, effective, range, mode)},
          std::int64_t{value < range.low}, std::int64_t{value > range.high}})
      words.push_back(static_cast<std::uint32_t>(word));
  }
  return words;
}

}  // namespace evenshift::rtl

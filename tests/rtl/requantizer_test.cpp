#include <Vevenshift_requantizer_bench.h>
#include <gtest/gtest.h>
#include <verilated.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "arch/numerics/requantize.h"

namespace evenshift::rtl {
namespace {

constexpr int kLanes = 11;
constexpr int kStages = 4;

/// Everything that goes into a lane.
struct Case {
  std::int32_t acc = 0;
  std::uint32_t multiplier = 1U << 30;
  int shift = 0;
  std::uint32_t channel_multiplier = 1U << 30;
  int channel_shift = 0;
  RoundingMode rounding = RoundingMode::half_up;
  RequantScale requant_scale = RequantScale::layer_with_channel_shift;
  OutputRange range;
};

FixedPointScale effective_scale(const Case& c, RequantScale scale, int shift_bits) {
  switch (scale) {
    case RequantScale::layer:
      return {c.multiplier, c.shift};
    case RequantScale::layer_with_channel_shift:
      return {c.multiplier, total_shift(c.shift, c.channel_shift % (1 << shift_bits))};
    case RequantScale::channel_shift_only:
      return {1, c.channel_shift};
    case RequantScale::channel_multiplier:
      return {c.channel_multiplier, c.channel_shift};
  }
  return {};
}

struct Result {
  std::int8_t code = 0;
  bool low = false;
  bool high = false;
  friend bool operator==(const Result&, const Result&) = default;
};

Result define(std::int32_t acc, FixedPointScale scale, RoundingMode mode, const OutputRange& range) {
  const std::int64_t value = range.zero_point + scale_and_round(acc, scale, mode);
  return {requantize(acc, scale, range, mode), value<range.low, value> range.high};
}

/// What the definition says of lane `l`, as evenshift_requantizer_bench.sv builds it.
Result expected(const Case& c, int l) {
  if (l == 10) {
    const std::int32_t narrow_acc = c.acc << 12 >> 12;
    Case narrow = c;
    narrow.multiplier = c.multiplier & 0xfff;
    return define(narrow_acc, effective_scale(narrow, RequantScale::layer_with_channel_shift, 3), RoundingMode::half_up,
                  c.range);
  }
  const RoundingMode mode = l == 0 ? c.rounding : l <= 5 ? static_cast<RoundingMode>(l - 1) : RoundingMode::half_up;
  const RequantScale scale = l <= 5 ? c.requant_scale : static_cast<RequantScale>(l - 6);
  return define(c.acc, effective_scale(c, scale, 5), mode, c.range);
}

class Requantizer : public ::testing::Test {
 protected:
  Requantizer() {
    model_.clk_i = 0;
    model_.eval();
  }

  void compare(const Case& c) {
    model_.acc_i = static_cast<std::uint32_t>(c.acc);
    model_.multiplier_i = c.multiplier;
    model_.shift_i = static_cast<std::uint8_t>(c.shift);
    model_.channel_multiplier_i = c.channel_multiplier;
    model_.channel_shift_i = static_cast<std::uint8_t>(c.channel_shift);
    model_.rounding_i = static_cast<std::uint8_t>(c.rounding);
    model_.requant_scale_i = static_cast<std::uint8_t>(c.requant_scale);
    model_.zero_point_i = static_cast<std::uint8_t>(c.range.zero_point);
    model_.clamp_low_i = static_cast<std::uint8_t>(c.range.low);
    model_.clamp_high_i = static_cast<std::uint8_t>(c.range.high);
    for (int stage = 0; stage < kStages; ++stage) {
      model_.clk_i = 1;
      model_.eval();
      model_.clk_i = 0;
      model_.eval();
    }
    std::array<std::int8_t, 12> codes{};
    std::memcpy(codes.data(), &model_.codes_o, codes.size());
    for (int l = 0; l < kLanes; ++l) {
      const Result result{codes[static_cast<std::size_t>(l)], ((model_.clamped_low_o >> l) & 1) != 0,
                          ((model_.clamped_high_o >> l) & 1) != 0};
      const Result wanted = expected(c, l);
      ASSERT_TRUE(result == wanted) << "lane " << l << " gives " << int{result.code} << ", defined is "
                                    << int{wanted.code} << " for acc " << c.acc << " multiplier " << c.multiplier
                                    << " shift " << c.shift << " channel_multiplier " << c.channel_multiplier
                                    << " channel_shift " << c.channel_shift << " rounding " << to_string(c.rounding)
                                    << " requant_scale " << to_string(c.requant_scale) << " zero point "
                                    << c.range.zero_point << " clamp " << c.range.low << " to " << c.range.high;
    }
  }

  VerilatedContext context_;
  Vevenshift_requantizer_bench model_{&context_};
};

// The fixed lanes see every mode whatever `rounding` is, so that five times fewer cases cover lanes 1 to 5.

TEST_F(Requantizer, AllAccumulatorsOfTenBitsAtEveryShift) {
  for (const std::uint32_t multiplier : {1U, 3U, 1U << 30, (1U << 31) - 1})
    for (int shift = 0; shift <= kMaxShift; ++shift)
      for (std::int32_t acc = -512; acc < 512; ++acc) {
        compare({.acc = acc,
                 .multiplier = multiplier,
                 .shift = shift,
                 .requant_scale = RequantScale::layer,
                 .range = {.zero_point = 0, .low = -128, .high = 127}});
        if (HasFatalFailure()) return;
      }
}

TEST_F(Requantizer, RunTimeModesOnTenBits) {
  for (int mode = 0; mode < 5; ++mode)
    for (const std::uint32_t multiplier : {5U, (1U << 30) + 1, 0x5a82799aU})
      for (int shift = 0; shift <= kMaxShift; ++shift)
        for (std::int32_t acc = -512; acc < 512; acc += mode == 4 ? 1 : 3) {
          compare({.acc = acc,
                   .multiplier = multiplier,
                   .shift = shift,
                   .rounding = static_cast<RoundingMode>(mode),
                   .requant_scale = RequantScale::layer,
                   .range = {.zero_point = 7, .low = -120, .high = 100}});
          if (HasFatalFailure()) return;
        }
}

TEST_F(Requantizer, TiesOfEveryShift) {
  // acc · 2^b is an odd multiple of half an output step for every total shift, negative and positive.
  for (int mode = 0; mode < 5; ++mode)
    for (int exponent = 0; exponent <= 30; ++exponent)
      for (int shift = 1; shift <= kMaxShift; ++shift)
        for (int odd = -9; odd <= 9; odd += 2) {
          const int tie = shift - 1 - exponent;  // odd · 2^tie · 2^exponent is odd · 2^(shift - 1)
          if (tie < 0 || tie > 27) continue;
          for (int near = -1; near <= 1; ++near) {
            compare({.acc = odd * (1 << tie) + near,
                     .multiplier = 1U << exponent,
                     .shift = shift,
                     .rounding = static_cast<RoundingMode>(mode),
                     .requant_scale = RequantScale::layer,
                     .range = {}});
            if (HasFatalFailure()) return;
          }
        }
}

TEST_F(Requantizer, Edges) {
  const std::vector<std::int32_t> accs = {INT32_MIN, INT32_MIN + 1, -(1 << 30), -65537,        -2,       -1, 0, 1,
                                          2,         65535,         1 << 30,    INT32_MAX - 1, INT32_MAX};
  const std::vector<std::uint32_t> multipliers = {
      0, 1, 2, (1U << 30) - 1, 1U << 30, (1U << 30) + 1, (1U << 31) - 2, (1U << 31) - 1};
  const std::vector<OutputRange> ranges = {
      {0, -128, 127}, {-128, -128, 127}, {127, -128, 127}, {-128, 0, 0}, {5, 5, 127}};
  for (const std::int32_t acc : accs)
    for (const std::uint32_t multiplier : multipliers)
      for (const OutputRange& range : ranges)
        for (int shift = 0; shift <= kMaxShift; ++shift)
          for (int mode = 0; mode < 5; mode += 4) {
            compare({.acc = acc,
                     .multiplier = multiplier,
                     .shift = shift,
                     .channel_multiplier = multiplier ^ 1,
                     .channel_shift = 63 - shift,
                     .rounding = static_cast<RoundingMode>(mode),
                     .range = range});
            if (HasFatalFailure()) return;
          }
}

TEST_F(Requantizer, Random) {
  std::mt19937 random(20240607);
  const auto below = [&](std::uint32_t n) { return static_cast<int>(random() % n); };
  for (int i = 0; i < 1'000'000; ++i) {
    Case c;
    c.acc = static_cast<std::int32_t>(random()) >> below(32);
    c.multiplier = (random() | 0x80000000U) >> (1 + below(4));
    c.channel_multiplier = (random() | 0x80000000U) >> (1 + below(4));
    c.shift = below(64);
    c.channel_shift = below(64);
    if (below(2) == 0) {  // a shift that leaves a few bits, so that most codes are not clamped
      int bits = 0;
      while (bits < 31 && (c.acc < 0 ? ~c.acc : c.acc) >> bits != 0) ++bits;
      c.shift = std::min(63, std::max(0, bits + 31 - below(10)));
      c.channel_shift = below(2) == 0 ? below(4) : std::min(63, c.shift);
    }
    c.rounding = static_cast<RoundingMode>(below(5));
    c.requant_scale = static_cast<RequantScale>(below(4));
    c.range.zero_point = below(256) - 128;
    c.range.low = below(4) == 0 ? below(128) - 128 : -128;
    c.range.high = below(4) == 0 ? below(128) : 127;
    compare(c);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace evenshift::rtl

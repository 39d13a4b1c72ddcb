#include "arch/numerics/requantize.h"

#include <gtest/gtest.h>

#include <random>

#include "arch/numerics/quantization.h"

namespace evenshift {
namespace {

__extension__ using Int128 = __int128;

constexpr OutputRange kFull{0, -128, 127};

/// TFLite's reference, from its definition: x · 2^left in 32 bits, high half of the doubled product rounded, then a
/// rounding division by 2^right, ties away from zero.
std::int32_t tflite_reference(std::int32_t x, std::int32_t multiplier, int shift) {
  const int left = shift > 0 ? shift : 0;
  const int right = shift > 0 ? 0 : -shift;
  const auto a = static_cast<std::int64_t>(x) * (std::int64_t{1} << left);
  const std::int64_t ab = a * multiplier;
  const std::int64_t nudge = ab >= 0 ? (1ll << 30) : (1 - (1ll << 30));
  const auto high = static_cast<std::int32_t>((ab + nudge) / (1ll << 31));
  const std::int32_t mask = static_cast<std::int32_t>((1ll << right) - 1);
  const std::int32_t remainder = high & mask;
  const std::int32_t threshold = (mask >> 1) + (high < 0 ? 1 : 0);
  return (high >> right) + (remainder > threshold ? 1 : 0);
}

TEST(ScaleAndRound, TfliteDoubleIsTflitesTwoRoundings) {
  std::mt19937 random(31);
  for (int i = 0; i < 1000000; ++i) {
    const auto multiplier = static_cast<std::int32_t>((random() & 0x3fffffff) | 0x40000000);
    const int shift = static_cast<int>(random() % 38) - 30;  // TFLite's: -30 to 7
    const auto acc = static_cast<std::int32_t>(random()) >> (shift > 0 ? shift + 1 : static_cast<int>(random() % 24));
    ASSERT_EQ(scale_and_round(acc, {static_cast<std::uint32_t>(multiplier), 31 - shift}, RoundingMode::tflite_double),
              tflite_reference(acc, multiplier, shift))
        << acc << " * " << multiplier << " shift " << shift;
  }
}

TEST(ScaleAndRound, TfliteDoubleSaturatesWhereTfliteIsUndefined) {
  EXPECT_EQ(scale_and_round(INT32_MAX, {1u << 30, 31 - 4}, RoundingMode::tflite_double), (std::int64_t{1} << 30));
  EXPECT_EQ(scale_and_round(INT32_MIN, {1u << 30, 31 - 4}, RoundingMode::tflite_double), -(std::int64_t{1} << 30));
}

TEST(ScaleAndRound, HalfUpIsTflitesSingleRounding) {
  // TFLITE_SINGLE_ROUNDING: (x · M + 2^(total_shift - 1)) >> total_shift with total_shift = 31 - shift.
  std::mt19937 random(7);
  for (int i = 0; i < 100000; ++i) {
    const std::uint32_t multiplier = (random() & 0x3fffffffu) | 0x40000000u;
    const int shift = -static_cast<int>(random() % 31);
    const auto acc = static_cast<std::int32_t>(random());
    const int total = 31 - shift;
    const Int128 expected = (static_cast<Int128>(acc) * multiplier + (static_cast<Int128>(1) << (total - 1))) >> total;
    ASSERT_EQ(scale_and_round(acc, {multiplier, total}, RoundingMode::half_up), static_cast<std::int64_t>(expected));
  }
}

TEST(DoublingHighMultiply, PublishedEdges) {
  EXPECT_EQ(doubling_high_multiply(INT32_MAX, INT32_MAX), INT32_MAX - 1);
  EXPECT_EQ(doubling_high_multiply(INT32_MIN, INT32_MAX), -INT32_MAX);
  EXPECT_EQ(doubling_high_multiply(1, 1 << 30), 1);    // 0.5, up
  EXPECT_EQ(doubling_high_multiply(-1, 1 << 30), 0);   // -0.5: gemmlowp's nudge takes it up
  EXPECT_EQ(doubling_high_multiply(3, 1 << 30), 2);    // 1.5
  EXPECT_EQ(doubling_high_multiply(-3, 1 << 30), -1);  // -1.5
}

TEST(Requantize, EqualizedAccumulatorGivesTheSameCode) {
  // acc · 2^k through n + k is acc through n: the inverse of the equalizer costs no second rounding.
  std::mt19937 random(11);
  for (int i = 0; i < 100000; ++i) {
    const std::uint32_t multiplier = (random() & 0x3fffffffu) | 0x40000000u;
    const int k = static_cast<int>(random() % 16);
    const int n = 31 + static_cast<int>(random() % 16);
    const std::int32_t acc = static_cast<std::int32_t>(random()) >> (k + 1);
    for (const auto mode :
         {RoundingMode::half_up, RoundingMode::half_away, RoundingMode::half_even, RoundingMode::truncate})
      ASSERT_EQ(requantize(acc * (1 << k), {multiplier, n + k}, kFull, mode),
                requantize(acc, {multiplier, n}, kFull, mode));
  }
}

TEST(Requantize, ClampsAroundTheZeroPoint) {
  const OutputRange range{-10, -10, 50};
  EXPECT_EQ(requantize(-1000, {1, 0}, range, RoundingMode::half_up), -10);
  EXPECT_EQ(requantize(0, {1, 0}, range, RoundingMode::half_up), -10);
  EXPECT_EQ(requantize(25, {1, 0}, range, RoundingMode::half_up), 15);
  EXPECT_EQ(requantize(1000, {1, 0}, range, RoundingMode::half_up), 50);
  EXPECT_EQ(requantize(INT32_MIN, {0x7fffffffu, 0}, range, RoundingMode::half_up), -10);
  EXPECT_EQ(requantize(INT32_MAX, {0x7fffffffu, 0}, range, RoundingMode::half_up), 50);
}

TEST(ScaleBits, AreTheTableOfTheAlternatives) {
  EXPECT_EQ(scale_bits_per_channel(RequantScale::layer, 4, 31), 0);
  EXPECT_EQ(scale_bits_per_channel(RequantScale::layer_with_channel_shift, 4, 31), 4);
  EXPECT_EQ(scale_bits_per_channel(RequantScale::channel_shift_only, 4, 31), 5);
  EXPECT_EQ(scale_bits_per_channel(RequantScale::channel_multiplier, 4, 31), 37);
}

}  // namespace
}  // namespace evenshift

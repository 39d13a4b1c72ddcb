#include "arch/numerics/elementwise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace evenshift {
namespace {

constexpr OutputRange kInt8{0, -128, 127};

TEST(Add, HasOneRounding) {
  // 0.25 + 0.25 = 0.5 rounds up once; rounding each first would give 0.
  const AddScales quarter{0, 0, 1, 1, 2};
  EXPECT_EQ(add(1, 1, quarter, kInt8, RoundingMode::half_up), 1);
  EXPECT_EQ(add(1, 0, quarter, kInt8, RoundingMode::half_up), 0);
  EXPECT_EQ(add(-1, -1, quarter, kInt8, RoundingMode::half_up), 0);
  EXPECT_EQ(add(-1, -1, quarter, kInt8, RoundingMode::half_away), -1);
}

TEST(Add, SubtractsWithANegativeMultiplierAndTakesZeroPointsOff) {
  const AddScales difference{10, -20, 1 << 20, -(1 << 20), 20};
  for (int a = -128; a <= 127; a += 5)
    for (int b = -128; b <= 127; b += 5) {
      const int expected = std::clamp((a - 10) - (b + 20) + 3, -128, 127);
      ASSERT_EQ(add(static_cast<std::int8_t>(a), static_cast<std::int8_t>(b), difference, {3, -128, 127},
                    RoundingMode::half_up),
                expected);
    }
}

TEST(Multiply, IsExactWhereTheScaleIsAPowerOfTwo) {
  const MultiplyScales eighth{1, 2, 1 << 10, 13};
  for (int a = -128; a <= 127; ++a)
    for (int b = -128; b <= 127; ++b) {
      const auto expected = std::clamp(static_cast<int>(std::floor((a - 1) * (b - 2) / 8.0 + 0.5)), -128, 127);
      ASSERT_EQ(
          multiply(static_cast<std::int8_t>(a), static_cast<std::int8_t>(b), eighth, kInt8, RoundingMode::half_up),
          expected);
    }
}

TEST(Rescale, AveragesWithTheDivisionInTheMultiplier) {
  // Mean of 9 taps: 2^31 / 9 rounded, shift 31.
  const std::int32_t ninth = 238609294;
  for (std::int32_t sum = -9 * 128; sum <= 9 * 127; ++sum) {
    const auto expected = static_cast<int>(std::floor(sum / 9.0 + 0.5));
    ASSERT_EQ(rescale(sum, ninth, 31, kInt8, RoundingMode::half_up), expected) << sum;
  }
}

}  // namespace
}  // namespace evenshift

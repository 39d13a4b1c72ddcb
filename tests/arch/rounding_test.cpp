#include "arch/numerics/rounding.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace evenshift {
namespace {

__extension__ using Int128 = __int128;

/// Round(v, s) from the words of its definition: the quotient and remainder of floor division, in 128 bits.
Int128 defined_round(std::int64_t v, int s, RoundingMode mode) {
  const Int128 divisor = static_cast<Int128>(1) << s;
  Int128 quotient = v / divisor;
  Int128 remainder = v % divisor;
  if (remainder < 0) {
    remainder += divisor;
    --quotient;
  }
  const Int128 twice = 2 * remainder;
  const bool tie = twice == divisor;
  const bool above_half = twice > divisor;
  switch (mode) {
    case RoundingMode::truncate:
      return quotient;
    case RoundingMode::half_up:
      return quotient + (above_half || tie);
    case RoundingMode::half_away:
    case RoundingMode::tflite_double:
      return quotient + (above_half || (tie && v > 0));
    case RoundingMode::half_even:
      return quotient + (above_half || (tie && (quotient & 1) != 0));
  }
  return 0;
}

class Rounding : public testing::TestWithParam<RoundingMode> {};
INSTANTIATE_TEST_SUITE_P(Modes, Rounding,
                         testing::Values(RoundingMode::half_up, RoundingMode::half_away, RoundingMode::half_even,
                                         RoundingMode::truncate, RoundingMode::tflite_double),
                         [](const auto& tested) { return std::string(to_string(tested.param)); });

TEST_P(Rounding, IsItsDefinitionOnAllSmallNumbers) {
  for (int s = 0; s <= 12; ++s)
    for (std::int64_t v = -5000; v <= 5000; ++v)
      ASSERT_EQ(round_shift(v, s, GetParam()), static_cast<std::int64_t>(defined_round(v, s, GetParam())))
          << v << " >> " << s;
}

TEST_P(Rounding, IsItsDefinitionAroundTiesAtEveryShift) {
  for (int s = 1; s <= kMaxShift; ++s) {
    const std::int64_t half = std::int64_t{1} << (s - 1);
    for (std::int64_t multiple = -5; multiple <= 5; multiple += 2)
      for (std::int64_t offset = -1; offset <= 1; ++offset) {
        const Int128 wide = static_cast<Int128>(half) * multiple + offset;
        if (wide >= (std::int64_t{1} << 62) || wide <= -(std::int64_t{1} << 62)) continue;
        const auto v = static_cast<std::int64_t>(wide);
        ASSERT_EQ(round_shift(v, s, GetParam()), static_cast<std::int64_t>(defined_round(v, s, GetParam())))
            << v << " >> " << s;
      }
  }
}

TEST_P(Rounding, IsItsDefinitionOnRandomNumbersOfEveryWidth) {
  std::mt19937_64 random(20081205);
  for (int i = 0; i < 400000; ++i) {
    const int width = static_cast<int>(random() % 62);
    const std::int64_t magnitude = static_cast<std::int64_t>(random() & ((std::uint64_t{1} << width << 1) - 1));
    const std::int64_t v = (random() & 1) != 0 ? magnitude : -magnitude;
    const int s = static_cast<int>(random() % (kMaxShift + 1));
    ASSERT_EQ(round_shift(v, s, GetParam()), static_cast<std::int64_t>(defined_round(v, s, GetParam())))
        << v << " >> " << s;
  }
}

TEST_P(Rounding, IsMonotonic) {
  for (int s = 1; s <= 8; ++s)
    for (std::int64_t v = -2000; v < 2000; ++v)
      ASSERT_LE(round_shift(v, s, GetParam()), round_shift(v + 1, s, GetParam()));
}

TEST_P(Rounding, NameReadsBack) { EXPECT_EQ(rounding_mode_from_string(to_string(GetParam())), GetParam()); }

TEST(RoundingTies, GoWhereTheModeSays) {
  // -2.5, -1.5, -0.5, 0.5, 1.5, 2.5
  const std::vector<std::int64_t> halves = {-5, -3, -1, 1, 3, 5};
  const auto rounded = [&](RoundingMode mode) {
    std::vector<std::int64_t> result;
    for (const auto v : halves) result.push_back(round_shift(v, 1, mode));
    return result;
  };
  EXPECT_EQ(rounded(RoundingMode::half_up), (std::vector<std::int64_t>{-2, -1, 0, 1, 2, 3}));
  EXPECT_EQ(rounded(RoundingMode::half_away), (std::vector<std::int64_t>{-3, -2, -1, 1, 2, 3}));
  EXPECT_EQ(rounded(RoundingMode::half_even), (std::vector<std::int64_t>{-2, -2, 0, 0, 2, 2}));
  EXPECT_EQ(rounded(RoundingMode::truncate), (std::vector<std::int64_t>{-3, -2, -1, 0, 1, 2}));
}

TEST(TotalShift, SaturatesExactly) {
  EXPECT_EQ(total_shift(40, 7), 47);
  EXPECT_EQ(total_shift(40, 23), 63);
  EXPECT_EQ(total_shift(63, 31), 63);
  // Shifting further would change nothing: every product is below 2^62.
  for (const auto mode :
       {RoundingMode::half_up, RoundingMode::half_away, RoundingMode::half_even, RoundingMode::truncate})
    for (const std::int64_t v :
         {(std::int64_t{1} << 62) - 1, -(std::int64_t{1} << 62) + 1, std::int64_t{1}, std::int64_t{-1}})
      EXPECT_EQ(round_shift(v, 63, mode), static_cast<std::int64_t>(defined_round(v, 90, mode))) << v;
}

static_assert(round_shift(7, 2, RoundingMode::half_up) == 2, "usable at compile time");

}  // namespace
}  // namespace evenshift

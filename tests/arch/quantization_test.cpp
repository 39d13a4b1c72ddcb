#include "arch/numerics/quantization.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace evenshift {
namespace {

TEST(FixedPointScale, IsWithinHalfAUnitOfTheLastBit) {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> exponent(-20, 3);
  for (int bits = 8; bits <= 31; ++bits)
    for (int i = 0; i < 1000; ++i) {
      const double scale = std::exp2(exponent(random));
      const FixedPointScale fixed = fixed_point_scale(scale, bits);
      ASSERT_GE(fixed.multiplier, 1u << (bits - 1));
      ASSERT_LT(fixed.multiplier, std::uint64_t{1} << bits);
      ASSERT_LE(std::abs(to_double(fixed) / scale - 1), std::ldexp(1.0, -bits)) << scale << " in " << bits << " bits";
    }
}

TEST(FixedPointScale, RoundsUpIntoTheNextPowerOfTwo) {
  const FixedPointScale fixed = fixed_point_scale(std::nextafter(1.0, 0.0), 8);
  EXPECT_EQ(fixed.multiplier, 128u);
  EXPECT_EQ(fixed.shift, 7);
}

TEST(FixedPointScale, StaysInsideTheShifter) {
  EXPECT_EQ(fixed_point_scale(std::ldexp(1.0, -200), 31).shift, kMaxShift);
  EXPECT_EQ(fixed_point_scale(1e30, 31).shift, 0);
}

TEST(QuantParams, CoverTheRangeAndRepresentZeroExactly) {
  std::mt19937_64 random(6);
  std::uniform_real_distribution<double> edge(-10, 10);
  for (int bits = 4; bits <= 8; ++bits)
    for (int i = 0; i < 2000; ++i) {
      const double a = edge(random);
      const double b = edge(random);
      const QuantParams params = quant_params_from_range(std::min(a, b), std::max(a, b), bits);
      ASSERT_EQ(dequantize(quantize(0.0, params), params), 0.0);
      ASSERT_GE(params.zero_point, params.min_code());
      ASSERT_LE(params.zero_point, params.max_code());
      const double high = std::max({a, b, 0.0});
      ASSERT_NEAR(dequantize(quantize(high, params), params), high, params.scale);
    }
}

TEST(QuantParams, OfReluBeginAtTheLowestCode) {
  const QuantParams params = quant_params_from_range(0, 6, 8);
  EXPECT_EQ(params.zero_point, -128);
  EXPECT_EQ(params.scale, static_cast<float>(6.0 / 255));
  EXPECT_EQ(quantize(6, params), 127);
  EXPECT_EQ(quantize(100, params), 127);
  EXPECT_EQ(quantize(-1, params), -128);
}

TEST(QuantParams, OfAnEmptyOrDenormalRangeAreUsable) {
  for (const double high : {0.0, std::numeric_limits<double>::denorm_min(), -0.0}) {
    const QuantParams params = quant_params_from_range(0, high, 8);
    EXPECT_GT(params.scale, 0);
    EXPECT_EQ(dequantize(quantize(0, params), params), 0.0);
  }
}

TEST(Quantize, SurvivesWhatIsNotANumber) {
  const QuantParams params{0.5, 3, 8};
  EXPECT_EQ(quantize(std::numeric_limits<double>::quiet_NaN(), params), 3);
  EXPECT_EQ(quantize(std::numeric_limits<double>::infinity(), params), 127);
  EXPECT_EQ(quantize(-std::numeric_limits<double>::infinity(), params), -128);
}

TEST(RoundHalfEven, TakesTiesToEven) {
  EXPECT_EQ(round_half_even(0.5), 0);
  EXPECT_EQ(round_half_even(1.5), 2);
  EXPECT_EQ(round_half_even(-0.5), 0);
  EXPECT_EQ(round_half_even(-1.5), -2);
  EXPECT_EQ(round_half_even(2.4999), 2);
}

}  // namespace
}  // namespace evenshift

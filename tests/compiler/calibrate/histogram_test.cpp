#include "compiler/calibrate/histogram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "compiler/calibrate/range_search.h"

namespace evenshift::compiler {
namespace {

std::vector<float> numbers(std::uint32_t seed, std::size_t count, float spread) {
  std::mt19937 random(seed);
  std::normal_distribution<float> distribution(0, spread);
  std::vector<float> result(count);
  for (float& number : result) number = distribution(random);
  return result;
}

TEST(Histogram, PutsNumbersIntoBinsOfAPowerOfTwo) {
  Histogram histogram;
  histogram.add(std::vector<float>{0, 1, 1.0005F, -3.999F, 2, 0});  // below 4: bins of 2^-9
  EXPECT_EQ(histogram.zeros(), 2);
  EXPECT_EQ(histogram.total(), 6);
  const double step = 1.0 / 512;
  const float least = -3.999F;
  const std::vector<Histogram::Bin> expected = {{least, -4 + step, 1}, {1, 1 + step, 2}, {2, 2, 1}};
  EXPECT_EQ(histogram.bins(), expected);
}

TEST(Histogram, DoesNotDependOnOrderOrDivision) {
  const std::vector<std::vector<float>> parts = {
      numbers(1, 5000, 1e-3F), numbers(2, 3001, 70), {0, 0, 0}, numbers(3, 17, 1)};
  Histogram whole;
  for (const auto& part : parts) whole.add(part);
  Histogram backwards;
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) backwards.add(*part);
  Histogram merged;
  for (const std::size_t i : {1, 3, 0, 2}) {
    Histogram one;
    one.add(parts[i]);
    merged.add(one);
  }
  EXPECT_EQ(whole.total(), 8021);
  for (const Histogram& other : {backwards, merged}) {
    EXPECT_EQ(other.bins(), whole.bins());
    EXPECT_EQ(other.zeros(), whole.zeros());
    EXPECT_EQ(other.extent(), whole.extent());
  }
}

TEST(Histogram, HoldsTheLargestAndTheSmallestNumbers) {
  Histogram histogram;
  histogram.add(std::vector<float>{1e-45F, -1e-40F});
  histogram.add(std::vector<float>{3.4e38F, -3.4e38F});
  EXPECT_EQ(histogram.total(), 4);
  EXPECT_EQ(histogram.extent(), (ValueRange{static_cast<double>(-3.4e38F), static_cast<double>(3.4e38F)}));
  EXPECT_EQ(histogram.bins().size(), 4u);
}

TEST(PercentileRange, LeavesTheShareOutsideOnEitherSide) {
  Histogram histogram;
  std::vector<float> values;
  for (int i = -1000; i < 1000; ++i) values.push_back(static_cast<float>(i));  // bins of 1/2
  histogram.add(values);
  EXPECT_EQ(percentile_range(histogram, 100), (ValueRange{-1000, 999}));
  EXPECT_EQ(percentile_range(histogram, 99), (ValueRange{-990, 989.5}));  // 10 outside on either side
  EXPECT_EQ(percentile_range(histogram, 98.95), (ValueRange{-990, 989.5}));
}

TEST(PercentileRange, CountsZerosAndKeepsZeroInside) {
  Histogram histogram;
  std::vector<float> values(98, 0.0F);
  values.push_back(5);
  values.push_back(1000);
  histogram.add(values);
  EXPECT_EQ(percentile_range(histogram, 98).high, 5.5);
  EXPECT_EQ(percentile_range(histogram, 96), (ValueRange{0, 0}));
  Histogram negative;
  negative.add(std::vector<float>{-7, -5, -6});
  EXPECT_EQ(percentile_range(negative, 100), (ValueRange{-7, 0}));
  EXPECT_EQ(percentile_range(Histogram{}, 99), (ValueRange{0, 0}));
}

TEST(MseRange, KeepsWhatIsEvenlySpread) {
  Histogram histogram;
  std::vector<float> values;
  for (int i = 0; i < 20000; ++i) values.push_back(static_cast<float>(i) / 1000);
  histogram.add(values);
  const ValueRange range = mse_range(histogram, 8);
  EXPECT_EQ(range.low, 0);
  EXPECT_NEAR(range.high, 20, 0.7);
}

TEST(MseRange, ClipsATailAndBeatsMinMax) {
  for (const int bits : {4, 6, 8}) {
    Histogram histogram;
    histogram.add(numbers(7, 100000, 1));
    histogram.add(std::vector<float>{90, -60});
    const ValueRange whole = histogram.extent();
    const ValueRange range = mse_range(histogram, bits);
    EXPECT_LT(squared_error(histogram.bins(), range, bits),
              (bits == 8 ? 0.85 : 0.5) * squared_error(histogram.bins(), whole, bits))
        << bits;
    EXPECT_LT(range.high, 0.9 * whole.high) << bits;
    EXPECT_GT(range.low, 0.9 * whole.low) << bits;
    if (bits ==
        4) {  // where clipping costs little against the step: the best clip of a normal distribution is near 2.6
      EXPECT_NEAR(range.high, 2.6, 0.5);
      EXPECT_NEAR(range.low, -2.6, 0.5);
    }
  }
}

TEST(MseRange, OfNothingAndOfZeros) {
  EXPECT_EQ(mse_range(Histogram{}, 8), (ValueRange{0, 0}));
  Histogram zeros;
  zeros.add(std::vector<float>{0, 0});
  EXPECT_EQ(mse_range(zeros, 8), (ValueRange{0, 0}));
}

}  // namespace
}  // namespace evenshift::compiler

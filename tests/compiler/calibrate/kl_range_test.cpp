#include "compiler/calibrate/kl_range.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace evenshift::compiler {
namespace {

/// `counts` numbers in the middle of the bins from `first`, and as many of the largest as are needed to fix the width.
Histogram histogram_of(const std::vector<int>& counts, int first) {
  Histogram histogram;
  for (std::size_t i = 0; i < counts.size(); ++i)
    histogram.add(std::vector<float>(static_cast<std::size_t>(counts[i]),
                                     static_cast<float>(first) + static_cast<float>(i) + 0.5F));
  return histogram;
}

/// The definition, bin by bin, for a range over positive bins [0, last).
double divergence_by_hand(const std::vector<double>& counts, std::size_t last, std::size_t levels) {
  std::vector<double> p(counts.begin(), counts.begin() + static_cast<std::ptrdiff_t>(last));
  double inside = 0;
  double total = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    total += counts[i];
    (i < last ? inside : p[last - 1]) += counts[i];
  }
  double divergence = 0;
  for (std::size_t level = 0; level < levels; ++level) {
    const std::size_t begin = last * level / levels;
    const std::size_t end = last * (level + 1) / levels;
    double kept = 0;
    double occupied = 0;
    for (std::size_t i = begin; i < end; ++i) {
      kept += counts[i];
      occupied += p[i] > 0 ? 1 : 0;
    }
    for (std::size_t i = begin; i < end; ++i)
      if (p[i] > 0) divergence += p[i] / total * std::log((p[i] / total) / (kept / occupied / inside));
  }
  return divergence;
}

TEST(KlDivergence, IsTheDefinition) {
  std::mt19937 random(5);
  std::vector<int> counts;
  for (int i = 0; i < 2048; ++i) counts.push_back(static_cast<int>(random() % 7) * (i < 900 ? 3 : 1));
  const Histogram histogram = histogram_of(counts, 0);
  ASSERT_EQ(histogram.width(), 1);
  const std::vector<double> doubles(counts.begin(), counts.end());
  for (const std::size_t last : {64, 200, 777, 1500, 2048}) {
    const double expected = divergence_by_hand(doubles, last, 16);
    EXPECT_NEAR(kl_divergence(histogram, {0, static_cast<double>(last)}, 4), expected, 1e-11) << last;
  }
}

TEST(KlDivergence, MirrorsNegativeNumbers) {
  std::vector<int> counts(2048, 0);
  std::vector<int> mirrored(2048, 0);
  for (std::size_t i = 0; i < 2048; ++i) mirrored[2047 - i] = counts[i] = static_cast<int>(1 + i * i % 11);
  const Histogram positive = histogram_of(counts, 0);
  const Histogram negative = histogram_of(mirrored, -2048);
  EXPECT_NEAR(kl_divergence(positive, {0, 512}, 4), kl_divergence(negative, {-512, 0}, 4), 1e-12);
}

TEST(KlDivergence, IsInfiniteWhereOnlyClippedNumbersHaveACode) {
  std::vector<int> counts(2000, 0);
  for (std::size_t i = 0; i < 100; ++i) counts[i] = 5;
  counts[1999] = 3;
  const Histogram histogram = histogram_of(counts, 0);
  EXPECT_TRUE(std::isinf(kl_divergence(histogram, {0, 1600}, 4)));
  EXPECT_TRUE(std::isfinite(kl_divergence(histogram, {0, 96}, 4)));
}

std::vector<float> normal_numbers(std::uint32_t seed, std::size_t count) {
  std::mt19937 random(seed);
  std::normal_distribution<float> distribution(0, 1);
  std::vector<float> result(count);
  for (float& number : result) number = distribution(random);
  return result;
}

TEST(KlRange, KeepsWhatIsEvenlySpread) {
  Histogram histogram;
  std::vector<float> values;
  for (int i = 1; i < 40000; ++i) values.push_back(static_cast<float>(i) / 2000);
  histogram.add(values);
  const ValueRange range = kl_range(histogram, 8);
  EXPECT_EQ(range.low, 0);
  EXPECT_NEAR(range.high, 20, 0.1);
}

TEST(KlRange, ClipsATailOnEitherSide) {
  Histogram histogram;
  histogram.add(normal_numbers(3, 200000));
  histogram.add(std::vector<float>{40, -25});
  const ValueRange range = kl_range(histogram, 8);
  EXPECT_LT(range.high, 8);
  EXPECT_GT(range.high, 2.5);
  EXPECT_GT(range.low, -8);
  EXPECT_LT(range.low, -2.5);
  EXPECT_LE(kl_divergence(histogram, range, 8), kl_divergence(histogram, {-25, 40}, 8));
}

TEST(KlRange, DoesNotCountZeros) {
  Histogram few;
  few.add(normal_numbers(3, 20000));
  Histogram many = few;
  many.add(std::vector<float>(100000, 0.0F));
  EXPECT_EQ(kl_range(few, 8), kl_range(many, 8));
}

TEST(KlRange, OfNothingOfZerosAndOfOneSide) {
  EXPECT_EQ(kl_range(Histogram{}, 8), (ValueRange{0, 0}));
  Histogram zeros;
  zeros.add(std::vector<float>{0, 0});
  EXPECT_EQ(kl_range(zeros, 8), (ValueRange{0, 0}));
  Histogram negative;
  negative.add(std::vector<float>{-4, -4});
  EXPECT_EQ(kl_range(negative, 8), (ValueRange{-4, 0}));
}

}  // namespace
}  // namespace evenshift::compiler

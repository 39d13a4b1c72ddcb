#include "compiler/equalize/shift_equalizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace evenshift::compiler {
namespace {

using testing::ElementsAre;

TEST(EqualizingShift, IsTheLargestThatDoesNotClip) {
  std::mt19937_64 random(2008);
  std::uniform_real_distribution<double> exponent(-14.9, 0);
  for (int i = 0; i < 100000; ++i) {
    const double layer = std::exp2(exponent(random)) * 3;
    const double channel = layer * std::exp2(exponent(random));
    const int k = equalizing_shift(layer, channel, 4);
    ASSERT_LE(std::ldexp(channel, k), layer);
    ASSERT_TRUE(k == 15 || std::ldexp(channel, k + 1) > layer) << layer << " / " << channel;
  }
}

TEST(EqualizingShift, IsExactAtPowersOfTwoAndOneUlpBesideThem) {
  for (int k = 0; k <= 15; ++k) {
    const double layer = 0.7;
    const double channel = std::ldexp(layer, -k);
    EXPECT_EQ(equalizing_shift(layer, channel, 4), k);
    EXPECT_EQ(equalizing_shift(layer, std::nextafter(channel, 1.0), 4), std::max(k - 1, 0));
    EXPECT_EQ(equalizing_shift(layer, std::nextafter(channel, 0.0), 4), k);
  }
}

TEST(EqualizingShift, StaysInsideItsBits) {
  for (int bits = 0; bits <= 5; ++bits) EXPECT_EQ(equalizing_shift(1.0, 1e-20, bits), (1 << bits) - 1);
}

TEST(EqualizingShift, OfADeadChannelIsZero) {
  EXPECT_EQ(equalizing_shift(1.0, 0.0, 4), 0);
  EXPECT_EQ(equalizing_shift(1.0, std::numeric_limits<float>::denorm_min(), 4), 0);
  EXPECT_EQ(equalizing_shift(0.0, 0.0, 4), 0);
}

TEST(EqualizingShifts, AnchorAtTheLargestChannel) {
  EXPECT_THAT(equalizing_shifts(std::vector<double>{0.5, 8, 0.001, 0, 4.1}, 4), ElementsAre(4, 0, 12, 0, 0));
  EXPECT_THAT(equalizing_shifts(std::vector<double>{0.5, 8, 0.001, 0, 4.1}, 2), ElementsAre(3, 0, 3, 0, 0));
}

TEST(ChannelRanges, AreAbsolute) {
  Conv conv;
  conv.output_channels = 2;
  conv.weights = {1, -3, 2, 0.5, 0.25, -0.125};
  EXPECT_THAT(channel_ranges(conv), ElementsAre(3, 0.5));
}

}  // namespace
}  // namespace evenshift::compiler

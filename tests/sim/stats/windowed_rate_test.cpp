#include "sim/stats/windowed_rate.h"

#include <gtest/gtest.h>

namespace evenshift::sim {
namespace {

TEST(WindowedRate, SpreadsBytesOverTheWindowsThatTheyTouch) {
  WindowedRate rate(100, 10);
  ASSERT_EQ(rate.windows(), 10);
  rate.add(5, 20, 80);  // 4 bytes a cycle in cycles 5 to 24
  EXPECT_EQ(rate.bytes_per_cycle(0), 2);
  EXPECT_EQ(rate.bytes_per_cycle(1), 4);
  EXPECT_EQ(rate.bytes_per_cycle(2), 2);
  EXPECT_EQ(rate.bytes_per_cycle(3), 0);
}

TEST(WindowedRate, EndsWithItsWindow) {
  WindowedRate rate(100, 10);
  rate.add(0, 10, 10);
  EXPECT_EQ(rate.bytes_per_cycle(0), 1);
  EXPECT_EQ(rate.bytes_per_cycle(1), 0);
  rate.add(0, 11, 11);
  EXPECT_EQ(rate.bytes_per_cycle(1), 0.1);
}

TEST(WindowedRate, WhatTakesNoTimeHasNoRate) {
  WindowedRate rate(100, 10);
  rate.add(5, 0, 80);
  EXPECT_EQ(rate.bytes_per_cycle(0), 0);
}

}  // namespace
}  // namespace evenshift::sim

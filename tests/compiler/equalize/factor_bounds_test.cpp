#include "compiler/equalize/factor_bounds.h"

#include <gtest/gtest.h>

namespace evenshift::compiler {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr FactorBounds kAny;
constexpr FactorBounds kOnlyOne{1, 1};

TEST(ClampBounds, OfAnUpperLimit) {
  const Clamp relu6{0, 6};
  EXPECT_EQ(clamp_bounds(relu6, -9, 3, ClampRule::exact), (FactorBounds{0, 2}));
  EXPECT_EQ(clamp_bounds(relu6, -9, 6, ClampRule::exact), (FactorBounds{0, 1}));
  EXPECT_EQ(clamp_bounds(relu6, -9, 6.01, ClampRule::exact), kOnlyOne);
  EXPECT_EQ(clamp_bounds(relu6, -9, 6.01, ClampRule::bounded), (FactorBounds{0.7, 1}));
  EXPECT_EQ(clamp_bounds(relu6, -9, 0, ClampRule::exact), kAny);
}

TEST(ClampBounds, OfTwoLimits) {
  const Clamp clamp{-1, 1.5};
  EXPECT_EQ(clamp_bounds(clamp, -0.25, 1, ClampRule::exact), (FactorBounds{0, 1.5}));
  EXPECT_EQ(clamp_bounds(clamp, -0.8, 0.1, ClampRule::exact), (FactorBounds{0, 1.25}));
  EXPECT_EQ(clamp_bounds(clamp, -2, 1, ClampRule::exact), kOnlyOne);
  EXPECT_EQ(clamp_bounds(clamp, -2, 1, ClampRule::bounded), (FactorBounds{0.7, 1}));
}

TEST(ClampBounds, OfLimitsThatAreHomogeneousAndOfThoseThatNeverAre) {
  EXPECT_EQ(clamp_bounds({0, kInfinity}, -5, 5, ClampRule::exact), kAny);
  EXPECT_EQ(clamp_bounds({-kInfinity, 0}, -5, 5, ClampRule::exact), kAny);
  EXPECT_EQ(clamp_bounds({}, -5, 5, ClampRule::exact), kAny);
  EXPECT_EQ(clamp_bounds({1, 4}, 2, 3, ClampRule::bounded), kOnlyOne);
  EXPECT_EQ(clamp_bounds({-4, -1}, -3, -2, ClampRule::bounded), kOnlyOne);
}

TEST(PowerOfTwoFactor, IsTheNearestInRatio) {
  EXPECT_EQ(power_of_two_factor(1.4, kAny, false), 1);
  EXPECT_EQ(power_of_two_factor(1.42, kAny, false), 2);
  EXPECT_EQ(power_of_two_factor(4, kAny, false), 4);
  EXPECT_EQ(power_of_two_factor(0.36, kAny, false), 0.5);
  EXPECT_EQ(power_of_two_factor(0.35, kAny, false), 0.25);
}

TEST(PowerOfTwoFactor, RoundsDown) {
  EXPECT_EQ(power_of_two_factor(1.99, kAny, true), 1);
  EXPECT_EQ(power_of_two_factor(2, kAny, true), 2);
  EXPECT_EQ(power_of_two_factor(0.99, kAny, true), 0.5);
}

TEST(PowerOfTwoFactor, StaysInTheBounds) {
  EXPECT_EQ(power_of_two_factor(3, {0, 3.5}, false), 2);
  EXPECT_EQ(power_of_two_factor(3, {0, 4}, false), 4);
  EXPECT_EQ(power_of_two_factor(0.8, {0.7, 1}, true), 1);
  EXPECT_EQ(power_of_two_factor(0.72, {0.7, 1}, false), 1);
}

}  // namespace
}  // namespace evenshift::compiler

#include "compiler/explain/likeness.h"

#include <gtest/gtest.h>

namespace evenshift::compiler {
namespace {

TEST(Likeness, IsNoiseOverAllImagesAndAgreementOfTheFirstClass) {
  const Likeness found = likeness({{3, 4}, {0, 5}}, {{3, 4}, {5, 0}});
  EXPECT_DOUBLE_EQ(found.noise, 1.0);  // (25 + 25) / (25 + 25)
  EXPECT_DOUBLE_EQ(found.sqnr_db(), 0.0);
  EXPECT_EQ(found.disagreeing, 1);
  EXPECT_DOUBLE_EQ(found.agreement, 0.5);
}

TEST(Likeness, OfEqualOutputsTheFirstIsTheClass) {
  EXPECT_EQ(likeness({{1, 1}}, {{2, 2}}).disagreeing, 0);
  EXPECT_EQ(likeness({{1, 1}}, {{1, 2}}).disagreeing, 1);
}

TEST(Likeness, StaysANumberAtBothEnds) {
  EXPECT_DOUBLE_EQ(likeness({{1, 2}}, {{1, 2}}).sqnr_db(), 200.0);
  EXPECT_DOUBLE_EQ(likeness({{0, 0}}, {{1, 0}}).noise, ErrorSums::kMostNoise);
  EXPECT_DOUBLE_EQ(likeness({{0, 0}}, {{0, 0}}).noise, 0.0);
  EXPECT_DOUBLE_EQ(sqnr_db(0.01), 20.0);
}

}  // namespace
}  // namespace evenshift::compiler

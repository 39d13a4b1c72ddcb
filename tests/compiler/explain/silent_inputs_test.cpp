#include "compiler/explain/silent_inputs.h"

#include <gmock/gmock.h>

namespace evenshift::compiler {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Three depthwise filters of two taps.
Conv depthwise(std::vector<float> weights) {
  Conv conv;
  conv.window.kernel_width = 2;
  conv.groups = 3;
  conv.output_channels = 3;
  conv.weights = std::move(weights);
  conv.bias = {1, 2, 3};
  return conv;
}

ChannelStatistics reaching(std::vector<double> high) {
  ChannelStatistics statistics;
  statistics.low.assign(high.size(), 0.0);
  statistics.high = std::move(high);
  return statistics;
}

TEST(SilentInputs, AreThoseThatSetTheScaleAndNeverSpeak) {
  const Conv conv = depthwise({1, 2, -80, 3, 4, 1});
  const SilentInputs found = silent_inputs(conv, reaching({6, 0, 5}));
  EXPECT_THAT(found.channels, ElementsAre(1));
  EXPECT_DOUBLE_EQ(found.range_factor, 20.0);
  EXPECT_THAT(without_silent_inputs(conv, found).weights, ElementsAre(1, 2, 0, 0, 4, 1));
}

TEST(SilentInputs, AreJudgedByAThousandthOfTheRange) {
  const Conv conv = depthwise({1, 2, -80, 3, 4, 1});
  EXPECT_THAT(silent_inputs(conv, reaching({6, 0.005, 5})).channels, ElementsAre(1));
  EXPECT_THAT(silent_inputs(conv, reaching({6, 0.007, 5})).channels, IsEmpty());
}

TEST(SilentInputs, WithSmallWeightsDoNoHarm) {
  const SilentInputs found = silent_inputs(depthwise({1, 2, 0.5F, 3, 4, 1}), reaching({6, 0, 5}));
  EXPECT_THAT(found.channels, IsEmpty());
  EXPECT_DOUBLE_EQ(found.range_factor, 1.0);
}

TEST(SilentInputs, OfARegularConvAreColumnsOfItsWeights) {
  Conv conv;  // 2 groups, each of 2 inputs and 1 output
  conv.groups = 2;
  conv.output_channels = 2;
  conv.weights = {1, 2, 3, 9};
  conv.bias = {0, 0};
  const SilentInputs found = silent_inputs(conv, reaching({1, 1, 1, 0}));
  EXPECT_THAT(found.channels, ElementsAre(3));
  EXPECT_DOUBLE_EQ(found.range_factor, 3.0);
  EXPECT_THAT(without_silent_inputs(conv, found).weights, ElementsAre(1, 2, 3, 0));
}

TEST(SilentInputs, ALayerThatHearsNothingHasNone) {
  EXPECT_THAT(silent_inputs(depthwise({1, 2, -80, 3, 4, 1}), reaching({0, 0, 0})).channels, IsEmpty());
}

}  // namespace
}  // namespace evenshift::compiler

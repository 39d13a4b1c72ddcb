#include "compiler/reconstruct/weight_moments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "arch/base/error.h"
#include "tests/compiler/reference/graph_maker.h"

namespace evenshift::compiler {
namespace {

using ::testing::FloatEq;
using ::testing::FloatNear;
using ::testing::Pointwise;

/// A dense layer of 2 inputs.
Graph dense(std::vector<float> weights, bool softmax) {
  GraphMaker maker(1);
  const auto outputs = static_cast<std::int64_t>(weights.size() / 2);
  const ValueId scores = maker.conv(maker.input({2, 1, 1}), outputs, window(1));
  std::get<Conv>(maker.graph.nodes[0].op).weights = std::move(weights);
  std::get<Conv>(maker.graph.nodes[0].op).bias.assign(static_cast<std::size_t>(outputs), 0);
  if (softmax) maker.node(Softmax{}, {scores}, {outputs, 1, 1});
  return maker.graph;
}

CalibrationData images(std::vector<std::vector<float>> inputs) {
  const auto count = static_cast<std::int64_t>(inputs.size());
  return {count, [inputs = std::move(inputs)](std::int64_t i) {
            return std::vector<FloatTensor>{{{2, 1, 1}, inputs[static_cast<std::size_t>(i)]}};
          }};
}

TEST(WeightMoments, AverageTheSquaresOfGradientsOverImages) {
  // A sign times the input: g² = x².
  const CalibrationData data = images({{3, 0}, {1, -4}});
  WeightMomentOptions options{.loss = GradientLoss::squared_error, .decay = 0.75};
  std::vector<WeightMoments> seen;
  const WeightMoments moments =
      weight_moments(dense({1, 2, 3, 4}, false), data, options, [&](const WeightMoments& m) { seen.push_back(m); });
  const float first = std::sqrt((0.75F * 0.25F * 9 + 0.25F * 1) / (1 - 0.75F * 0.75F));
  const float second = std::sqrt(0.25F * 16 / (1 - 0.75F * 0.75F));
  EXPECT_THAT(moments[0], Pointwise(FloatEq(), {first, second, first, second}));
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_THAT(seen[0][0], Pointwise(FloatEq(), {3.0F, 0.0F, 3.0F, 0.0F}));
}

TEST(WeightMoments, OfCrossEntropyAreThoseOfADrawnClass) {
  // Two equal classes: whichever is drawn, |p - [k]| = ½.
  const WeightMoments even = weight_moments(dense({1, 1, 1, 1}, true), images({{2, 6}}), {});
  EXPECT_THAT(even[0], Pointwise(FloatNear(1e-5F), {1.0F, 3.0F, 1.0F, 3.0F}));
  // A network that is sure of its class has nothing to lose.
  const WeightMoments sure = weight_moments(dense({100, 100, -100, -100}, true), images({{1, 1}}), {});
  EXPECT_THAT(sure[0], Pointwise(FloatEq(), {0.0F, 0.0F, 0.0F, 0.0F}));
}

TEST(WeightMoments, AreTheSameForAnyNumberOfThreads) {
  GraphMaker maker(3);
  ValueId value = maker.conv(maker.input({2, 5, 5}), 6, window(3, 1, 1));
  value = maker.conv(value, 6, window(3, 2, 1), 6, {0, 6});
  maker.conv(value, 5, window(3));
  std::vector<FloatTensor> inputs;
  for (int i = 0; i < 6; ++i) inputs.push_back(maker.inputs()[0]);
  const CalibrationData data{6, [&](std::int64_t i) { return std::vector{inputs[static_cast<std::size_t>(i)]}; }};
  EXPECT_EQ(weight_moments(maker.graph, data, {.threads = 1}), weight_moments(maker.graph, data, {.threads = 3}));
}

TEST(WeightMoments, NeedAnImage) { EXPECT_THROW(weight_moments(dense({1, 1}, false), images({}), {}), Error); }

}  // namespace
}  // namespace evenshift::compiler

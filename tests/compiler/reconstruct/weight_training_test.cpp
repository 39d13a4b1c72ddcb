#include "compiler/reconstruct/weight_training.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/compiler/reference/graph_maker.h"

namespace evenshift::compiler {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::Pointwise;

const WeightTrainingOptions kRounding{.parameters = TrainedParameters::rounding, .learning_rate = 0.05};

/// Minimizes Σ (w - target)² and returns what is left.
TrainedWeights pulled(const Floats& weights, const WeightGrid& grid, std::size_t channels, const Floats& target,
                      const WeightTrainingOptions& options, int steps = 400) {
  const auto training = make_weight_training(weights, grid, channels, options);
  for (int step = 0; step < steps; ++step) {
    Floats gradient = training->forward();
    for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] = 2 * (gradient[i] - target[i]);
    training->step(gradient, static_cast<double>(step) / steps);
  }
  return training->finish();
}

TEST(Rounding, StartsFromTheFloatWeights) {
  const Floats weights = {0.3F, -0.7F, 0.05F, 3.2F, -10.0F, 1.6F};
  const WeightGrid grid{3, 1, {0, 1}, {}};
  const auto training = make_weight_training(weights, grid, 2, kRounding);
  // The last three have scale 0.5 and clip at ±1.5.
  EXPECT_THAT(training->forward(), Pointwise(FloatNear(1e-5F), {0.3F, -0.7F, 0.05F, 1.5F, -1.5F, 1.5F}));
}

TEST(Rounding, GoesUpOrDownAndNoFurther) {
  const Floats weights = {0.3F, 0.3F, -0.6F, -0.6F, 2.9F, -2.9F};
  const TrainedWeights trained = pulled(weights, {3, 1, {}, {}}, 1, {5, -5, 5, -5, 5, -5}, kRounding);
  EXPECT_THAT(trained.codes, ElementsAre(1, 0, 0, -1, 3, -3));
  EXPECT_THAT(trained.dequantized(1), ElementsAre(1, 0, 0, -1, 3, -3));
}

TEST(Rounding, DecidesByTheRegularizerWhereTheLossIsSilent) {
  const Floats weights = {0.3F, 0.7F, -0.2F, -0.8F};
  const auto training = make_weight_training(weights, {4, 1, {}, {}}, 1, kRounding);
  for (int step = 0; step < 400; ++step) training->step(Floats(4), step / 400.0);
  EXPECT_THAT(training->forward(), ElementsAre(0, 1, 0, -1));
}

TEST(LatentWeights, MoveAsFarAsTheLossWants) {
  const WeightTrainingOptions options{.parameters = TrainedParameters::latent_weights, .learning_rate = 0.05};
  const TrainedWeights trained =
      pulled({0.3F, 0.3F, -0.6F, 0.1F}, {4, 0.5, {0, 1}, {}}, 2, {2.6F, -1.1F, 0.8F, -9}, options);
  EXPECT_THAT(trained.codes, ElementsAre(5, -2, 3, -7));
}

class Exponents : public ::testing::TestWithParam<ExponentRounding> {};

TEST_P(Exponents, FindTheScaleOfTheWeights) {
  GraphMaker maker(1);
  // Both channels would be hit exactly by 2^-3 and 2^-5; they start above.
  Floats weights;
  for (const float scale : {0.125F, 0.03125F})
    for (int i = 0; i < 64; ++i) weights.push_back(scale * static_cast<float>(i % 15 - 7));
  const WeightTrainingOptions options{.parameters = TrainedParameters::exponents,
                                      .exponent_rounding = GetParam(),
                                      .shift_bits = 2,
                                      .learning_rate = 0.02};
  const TrainedWeights trained = pulled(weights, {4, 1, {}, {}}, 2, weights, options);
  EXPECT_EQ(trained.grid.layer_scale, 0.125);
  EXPECT_THAT(trained.grid.shifts, ElementsAre(0, 2));
  EXPECT_EQ(trained.dequantized(2), weights);
}

INSTANTIATE_TEST_SUITE_P(All, Exponents,
                         ::testing::Values(ExponentRounding::ceil, ExponentRounding::round,
                                           ExponentRounding::lower_error));

TEST(ExponentTraining, StaysWithinTheShifter) {
  Floats weights;
  for (const float scale : {1.0F, 0x1p-9F})
    for (int i = 0; i < 16; ++i) weights.push_back(scale * static_cast<float>(i % 15 - 7));
  WeightTrainingOptions options{.parameters = TrainedParameters::exponents, .shift_bits = 2};
  EXPECT_THAT(pulled(weights, {4, 1, {}, {}}, 2, weights, options, 10).grid.shifts, ElementsAre(0, 3));
  options.shift_bits = 0;
  EXPECT_TRUE(pulled(weights, {4, 1, {}, {}}, 2, weights, options, 10).grid.shifts.empty());
}

}  // namespace
}  // namespace evenshift::compiler

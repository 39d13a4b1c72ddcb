#include "compiler/equalize/msqe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace evenshift::compiler {
namespace {

using ::testing::ElementsAre;

std::vector<float> random_weights(std::uint32_t seed, std::size_t count, float spread) {
  std::mt19937 random(seed);
  std::normal_distribution<float> distribution(0, spread);
  std::vector<float> weights(count);
  for (float& w : weights) w = distribution(random);
  return weights;
}

Conv pointwise(std::vector<float> weights, std::int64_t channels) {
  Conv conv;
  conv.output_channels = channels;
  conv.bias.resize(static_cast<std::size_t>(channels));
  conv.weights = std::move(weights);
  return conv;
}

TEST(MsqeExponent, IsTheBestOfAllExponents) {
  for (const bool mask : {false, true})
    for (const int bits : {2, 3, 4, 6, 8})
      for (std::uint32_t seed = 0; seed < 20; ++seed) {
        const std::vector<float> weights = random_weights(seed, 60, 0.01F * static_cast<float>(seed + 1));
        std::vector<float> importance = random_weights(seed + 100, 60, 1);
        for (float& m : importance) m *= m;
        const MsqeOptions options{.mask_outliers = mask};
        int best = -40;
        for (int e = -40; e <= 10; ++e)
          if (msqe_error(weights, importance, bits, e, options) <= msqe_error(weights, importance, bits, best, options))
            best = e;
        EXPECT_EQ(msqe_exponent(weights, importance, bits, options), best) << "bits " << bits << " seed " << seed;
      }
}

TEST(MsqeExponent, MasksWhatLiesBeyondTwoDeviations) {
  std::vector<float> weights = random_weights(1, 400, 0.1F);
  weights.push_back(4.0F);  // alone it would ask for a scale of 4 / 7
  const int masked = *msqe_exponent(weights, {}, 4, {.mask_outliers = true});
  const int plain = *msqe_exponent(weights, {}, 4, {.mask_outliers = false});
  EXPECT_LT(masked, plain);
  weights.pop_back();
  EXPECT_EQ(masked, *msqe_exponent(weights, {}, 4, {.mask_outliers = true}));
}

TEST(MsqeExponent, FollowsTheImportantWeights) {
  const std::vector<float> weights = {7, -6, 5, -4, 0.875F, -0.625F, 0.5F, 0.25F};
  const std::vector<float> large = {1, 1, 1, 1, 0, 0, 0, 0};
  const std::vector<float> small = {0, 0, 0, 0, 1, 1, 1, 1};
  EXPECT_EQ(msqe_exponent(weights, large, 4, {.mask_outliers = false}), 0);
  EXPECT_EQ(msqe_exponent(weights, small, 4, {.mask_outliers = false}), -3);
}

TEST(MsqeExponent, HasNoneForDeadWeights) {
  EXPECT_EQ(msqe_exponent(std::vector<float>{0, 0}, {}, 4, {}), std::nullopt);
}

TEST(MsqeGrid, TakesScalesOfChannelsFromTheShifter) {
  // Powers of two of one filter, and a dead one.
  std::vector<float> weights;
  for (const float factor : {1.0F, 0.25F, 0.0F, 0.125F})
    for (const float w : {7.0F, -3.0F, 1.0F, 5.0F}) weights.push_back(factor * w);
  const WeightGrid grid = msqe_grid(pointwise(weights, 4), {}, 4, 2, {});
  EXPECT_EQ(grid.layer_scale, 1.0);
  EXPECT_THAT(grid.shifts, ElementsAre(0, 2, 0, 3));
  const WeightGrid layer = msqe_grid(pointwise(weights, 4), {}, 4, 0, {});
  EXPECT_TRUE(layer.shifts.empty());
}

TEST(MsqeGrid, OfNarrowShifterHasTheLayerScaleOfLeastError) {
  std::vector<float> weights;
  for (int c = 0; c < 12; ++c) {
    // One channel is far above the others, but counts little.
    const std::vector<float> channel = random_weights(static_cast<std::uint32_t>(c), 32, c == 0 ? 0.08F : 0.01F);
    weights.insert(weights.end(), channel.begin(), channel.end());
  }
  const Conv conv = pointwise(weights, 12);
  const std::vector<float> importance = [] {
    std::vector<float> m(12 * 32, 1.0F);
    std::fill_n(m.begin(), 32, 1e-3F);
    return m;
  }();
  const Exponents exponents = msqe_exponents(conv, importance, 4, 1, {});
  const WeightGrid grid = power_of_two_grid(conv, exponents, importance, 4, 1, {});
  const auto error_of = [&](int layer) {
    double error = 0;
    for (std::size_t c = 0; c < 12; ++c)
      error += msqe_error(std::span(conv.weights).subspan(c * 32, 32), std::span(importance).subspan(c * 32, 32), 4,
                          std::clamp(*exponents[c], layer - 1, layer), {});
    return error;
  };
  int best = 10;
  for (int layer = 10; layer >= -30; --layer)
    if (error_of(layer) < error_of(best)) best = layer;
  EXPECT_EQ(grid.layer_scale, std::ldexp(1.0, best));
  EXPECT_LT(best, *exponents[0]) << "the first channel does not decide";
  for (const int shift : grid.shifts) EXPECT_TRUE(shift == 0 || shift == 1);
}

TEST(StableExponents, AreNotMovedByASingleBatch) {
  StableExponents stable(0.9);
  for (int i = 0; i < 10; ++i) stable.observe({-5, std::nullopt});
  stable.observe({-2, std::nullopt});
  EXPECT_THAT(stable.frozen(), ElementsAre(-5, std::nullopt));
  for (int i = 0; i < 20; ++i) stable.observe({-2, -7});
  EXPECT_THAT(stable.frozen(), ElementsAre(-2, -7));
}

}  // namespace
}  // namespace evenshift::compiler

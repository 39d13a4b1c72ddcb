#include "compiler/reconstruct/error_feedback.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <span>

#include "compiler/reconstruct/weight_training.h"
#include "tests/compiler/reference/graph_maker.h"

namespace evenshift::compiler {
namespace {

/// Σ x·xᵀ of `count` inputs that are mixtures of fewer numbers than there are taps, plus a little of their own.
InputMoments correlated_moments(GraphMaker& maker, std::size_t taps, std::size_t sources, int count) {
  const Floats mixture = maker.numbers(static_cast<std::int64_t>(taps * sources), 1);
  InputMoments moments(taps * taps);
  for (int sample = 0; sample < count; ++sample) {
    const Floats source = maker.numbers(static_cast<std::int64_t>(sources), 1);
    Floats x = maker.numbers(static_cast<std::int64_t>(taps), 0.1F);
    for (std::size_t k = 0; k < taps; ++k)
      for (std::size_t s = 0; s < sources; ++s) x[k] += mixture[k * sources + s] * source[s];
    for (std::size_t i = 0; i < taps; ++i)
      for (std::size_t j = 0; j < taps; ++j) moments[i * taps + j] += static_cast<double>(x[i]) * x[j];
  }
  return moments;
}

/// Σ ((w - s·q) · x)² of one channel.
double output_error(std::span<const float> weights, std::span<const float> rounded, const InputMoments& moments) {
  double error = 0;
  for (std::size_t i = 0; i < weights.size(); ++i)
    for (std::size_t j = 0; j < weights.size(); ++j)
      error +=
          static_cast<double>(weights[i] - rounded[i]) * (weights[j] - rounded[j]) * moments[i * weights.size() + j];
  return error;
}

TEST(ErrorFeedback, LeavesWeightsOfIndependentInputs) {
  const Floats weights = {0.4F, -1.3F, 2.6F, 0.1F, 0.2F, 0.3F};
  EXPECT_EQ(feed_errors_back(weights, {4, 1, {}, {}}, 2, {{4, 0, 0, 0, 1, 0, 0, 0, 2}}), weights);
}

TEST(ErrorFeedback, ComesNearToTheBestOfAllRoundings) {
  GraphMaker maker(1);
  constexpr std::size_t kTaps = 8;
  const WeightGrid grid{4, 0.25, {}, {}};
  double nearest_error = 0;
  double error = 0;
  double best_error = 0;
  for (int trial = 0; trial < 20; ++trial) {
    const InputMoments moments = correlated_moments(maker, kTaps, 2, 40);
    const Floats weights = maker.numbers(kTaps, 0.5F);
    nearest_error += output_error(weights, nearest_weights(weights, grid, 1).dequantized(1), moments);
    const Floats fed_back = feed_errors_back(weights, grid, 1, {moments});
    error += output_error(weights, nearest_weights(fed_back, grid, 1).dequantized(1), moments);
    double best = std::numeric_limits<double>::infinity();
    for (int choice = 0; choice < 1 << kTaps; ++choice) {
      Floats rounded;
      for (std::size_t k = 0; k < kTaps; ++k)
        rounded.push_back((std::floor(weights[k] / 0.25F) + static_cast<float>(choice >> k & 1)) * 0.25F);
      best = std::min(best, output_error(weights, rounded, moments));
    }
    best_error += best;
  }
  EXPECT_LT(error, 0.15 * nearest_error);
  EXPECT_LT(error, 4 * best_error);
}

TEST(ErrorFeedback, TreatsEveryGroupAndChannelByItself) {
  GraphMaker maker(2);
  const std::vector<InputMoments> moments = {correlated_moments(maker, 6, 2, 30), correlated_moments(maker, 6, 2, 30)};
  const Floats weights = maker.numbers(4 * 6, 0.5F);
  const WeightGrid grid{4, 0.5, {0, 1, 2, 1}, {}};
  const Floats all = feed_errors_back(weights, grid, 4, moments);
  for (std::size_t c = 0; c < 4; ++c) {
    const Floats alone(weights.begin() + static_cast<std::ptrdiff_t>(c * 6),
                       weights.begin() + static_cast<std::ptrdiff_t>(c * 6 + 6));
    EXPECT_EQ(
        feed_errors_back(alone, {4, grid.scale(c), {}, {}}, 1, {moments[c / 2]}),
        Floats(all.begin() + static_cast<std::ptrdiff_t>(c * 6), all.begin() + static_cast<std::ptrdiff_t>(c * 6 + 6)));
  }
}

TEST(ErrorFeedback, KeepsWeightsWithoutInputs) {
  const Floats weights = {0.4F, 0.3F};
  EXPECT_EQ(feed_errors_back(weights, {4, 1, {}, {}}, 1, {{0, 0, 0, 0}}), weights);
}

}  // namespace
}  // namespace evenshift::compiler

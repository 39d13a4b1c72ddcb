#include "compiler/weights/bias_correction.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "tests/compiler/reference/graph_maker.h"

namespace evenshift::compiler {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(ClippedNormalMean, IsKnownForReluOfAStandardNormal) {
  EXPECT_NEAR(clipped_normal_mean(0, 1, {0, kInfinity}), 0.3989422804014327, 1e-9);  // 1 / sqrt(2π)
  EXPECT_NEAR(clipped_normal_mean(1, 2, {-kInfinity, kInfinity}), 1, 1e-12);
  EXPECT_NEAR(clipped_normal_mean(-100, 1, {0, 6}), 0, 1e-9);
  EXPECT_NEAR(clipped_normal_mean(100, 1, {0, 6}), 6, 1e-9);
  EXPECT_EQ(clipped_normal_mean(-1, 0, {0, 6}), 0);
}

TEST(ClippedNormalMean, IsTheAverageOfClippedNumbers) {
  std::mt19937_64 random(1);
  for (const auto& [mean, deviation] : {std::pair{0.5, 2.0}, {4.0, 3.0}, {-1.0, 1.5}}) {
    std::normal_distribution<double> normal(mean, deviation);
    double sum = 0;
    for (int i = 0; i < 400000; ++i) sum += std::clamp(normal(random), 0.0, 6.0);
    EXPECT_NEAR(clipped_normal_mean(mean, deviation, {0, 6}), sum / 400000, 0.02);
  }
}

/// A dense layer with coarse weights on inputs of known means.
struct Layer {
  Conv conv;
  WeightPlan plan;
  InputMoments moments;

  Layer() {
    GraphMaker maker(2);
    conv.output_channels = 3;
    conv.weights = maker.numbers(3 * 8, 1);
    conv.bias = {1, 2, 3};
    plan.grid.bits = 2;
    plan.grid.layer_scale = 1;
    moments.taps = 8;
    for (int t = 0; t < 8; ++t) {
      moments.float_mean.push_back(1 + t);
      moments.mean.push_back(1.1 + t);
    }
  }
  [[nodiscard]] double mean_output(const Conv& op, const std::vector<double>& mean, std::size_t c) const {
    double sum = op.bias[c];
    for (std::size_t t = 0; t < 8; ++t) sum += op.weights[c * 8 + t] * mean[t];
    return sum;
  }
};

TEST(BiasCorrection, GivesEveryChannelItsMeanBack) {
  Layer layer;
  layer.plan.bias = corrected_bias(layer.conv, layer.plan, layer.moments);
  const Conv quantized = dequantized(layer.conv, layer.plan);
  for (std::size_t c = 0; c < 3; ++c)
    EXPECT_NEAR(layer.mean_output(quantized, layer.moments.mean, c),
                layer.mean_output(layer.conv, layer.moments.float_mean, c), 1e-4);
}

TEST(BiasCorrection, AnalyticTakesOutWhatTheClippedMeansSay) {
  Layer layer;
  NormalInput input{{}, {}, {0, 6}};
  std::vector<double> clipped;
  for (int t = 0; t < 8; ++t) {
    input.mean.push_back(t - 3);
    input.deviation.push_back(1 + 0.2 * t);
    clipped.push_back(clipped_normal_mean(input.mean.back(), input.deviation.back(), input.clamp));
  }
  layer.plan.bias = analytically_corrected_bias(layer.conv, layer.plan, input);
  const Conv quantized = dequantized(layer.conv, layer.plan);
  for (std::size_t c = 0; c < 3; ++c)
    EXPECT_NEAR(layer.mean_output(quantized, clipped, c), layer.mean_output(layer.conv, clipped, c), 1e-4);
}

}  // namespace
}  // namespace evenshift::compiler

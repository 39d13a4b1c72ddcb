#include "compiler/weights/input_moments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "compiler/reference/float_evaluator.h"
#include "compiler/weights/output_error.h"
#include "tests/compiler/reference/graph_maker.h"

namespace evenshift::compiler {
namespace {

/// A conv with images of its input, in floats and disturbed.
struct MeasuredLayer {
  GraphMaker maker{7};
  Conv conv;
  Shape in, out;
  std::vector<FloatTensor> exact, disturbed;

  MeasuredLayer(const Shape& shape, std::int64_t channels, const Window& window, std::int64_t groups) : in(shape) {
    maker.conv(maker.input(shape), channels, window, groups);
    conv = std::get<Conv>(maker.graph.nodes[0].op);
    out = maker.graph.value(maker.graph.nodes[0].output).shape;
    for (int i = 0; i < 3; ++i) {
      exact.push_back(maker.inputs()[0]);
      disturbed.push_back(exact.back());
      for (float& value : disturbed.back().values) value = std::round(value * 4) / 4;
    }
  }

  [[nodiscard]] InputMoments moments(int threads = 1) const {
    MomentSums sums(conv, in, out, Moments::products, 3);
    std::vector<MomentSums::Pair> pairs;
    for (std::size_t i = 0; i < exact.size(); ++i) pairs.push_back({exact[i].values, disturbed[i].values, i});
    sums.add(pairs, threads);
    return sums.finish();
  }

  /// Mean over images and positions of (W x - V z)² of channel c, by running both convs.
  [[nodiscard]] std::vector<double> measured(const Conv& other) const {
    std::vector<double> errors(static_cast<std::size_t>(out.channels));
    for (std::size_t i = 0; i < exact.size(); ++i) {
      const auto a = output(conv, exact[i]);
      const auto b = output(other, disturbed[i]);
      const auto pixels = static_cast<std::size_t>(out.height * out.width);
      for (std::size_t k = 0; k < a.size(); ++k)
        errors[k / pixels] += std::pow(static_cast<double>(a[k]) - b[k], 2) / static_cast<double>(3 * pixels);
    }
    return errors;
  }

  [[nodiscard]] std::vector<float> output(Conv op, const FloatTensor& input) const {
    op.bias.assign(op.bias.size(), 0);
    Graph graph = maker.graph;
    graph.nodes[0].op = op;
    return FloatEvaluator(std::make_shared<Graph>(graph)).run(std::vector{input})[0].values;
  }
};

/// The quadratic form is the error that running the layer shows, padding, strides, groups and all.
TEST(InputMoments, GiveTheSquaredErrorOfTheOutput) {
  const std::vector<MeasuredLayer> layers = {
      MeasuredLayer({4, 6, 6}, 5, window(1), 1), MeasuredLayer({3, 7, 6}, 4, window(3, 2, 1), 1),
      MeasuredLayer({6, 5, 5}, 6, window(3, 1, 1), 6), MeasuredLayer({4, 9, 9}, 6, window(3, 1, 2, 2), 2)};
  for (const MeasuredLayer& layer : layers) {
    const InputMoments moments = layer.moments();
    const OutputError error(layer.conv, moments);
    Conv other = layer.conv;
    for (float& weight : other.weights) weight = std::round(weight * 3) / 3;
    const std::vector<double> expected = layer.measured(other);
    const std::vector<double> at_start = layer.measured(layer.conv);
    for (std::size_t c = 0; c < expected.size(); ++c) {
      const auto taps = static_cast<std::ptrdiff_t>(error.taps());
      const auto row = [&](const Conv& conv) {
        return std::vector<float>(conv.weights.begin() + static_cast<std::ptrdiff_t>(c) * taps,
                                  conv.weights.begin() + static_cast<std::ptrdiff_t>(c + 1) * taps);
      };
      double damping = 0;  // λ |V - W|², which the form has beside the error
      for (std::ptrdiff_t t = 0; t < taps; ++t)
        damping += error.damping(error.group_of(c)) *
                   std::pow(row(other)[static_cast<std::size_t>(t)] - row(layer.conv)[static_cast<std::size_t>(t)], 2);
      const auto form = [&](const Conv& conv) {
        return error.error(error.target(c), error.responses(error.group_of(c), row(conv)), row(conv));
      };
      EXPECT_NEAR(form(other) - form(layer.conv), expected[c] - at_start[c] + damping, 1e-4 * (1 + expected[c]))
          << "channel " << c;
    }
  }
}

TEST(InputMoments, CenteredHaveNoMeanLeft) {
  const MeasuredLayer layer({3, 5, 5}, 2, window(1), 1);
  const InputMoments moments = layer.moments();
  const InputMoments about_means = centered(moments);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j)
      EXPECT_NEAR(about_means.gram[i * 3 + j], moments.gram[i * 3 + j] - moments.mean[i] * moments.mean[j], 1e-6);
}

TEST(InputMoments, AreTheSameForAnyNumberOfThreads) {
  const MeasuredLayer layer({8, 9, 9}, 8, window(3, 1, 1), 1);
  const InputMoments one = layer.moments(1);
  const InputMoments three = layer.moments(3);
  EXPECT_EQ(one.gram, three.gram);
  EXPECT_EQ(one.cross, three.cross);
  EXPECT_EQ(one.mean, three.mean);
}

TEST(SampledPositions, AreAllOrSpreadOut) {
  EXPECT_THAT(sampled_positions({1, 2, 2}, 10, 3), testing::ElementsAre(0, 1, 2, 3));
  const auto some = sampled_positions({1, 100, 100}, 50, 3);
  ASSERT_EQ(some.size(), 50u);
  for (std::size_t i = 0; i < 50; ++i) {
    EXPECT_GE(some[i], i * 200);
    EXPECT_LT(some[i], (i + 1) * 200);
  }
  EXPECT_NE(some, sampled_positions({1, 100, 100}, 50, 4));
}

}  // namespace
}  // namespace evenshift::compiler

#include "compiler/weights/rounding.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/compiler/reference/graph_maker.h"

namespace evenshift::compiler {
namespace {

/// A dense layer whose inputs go together, so that rounding errors can cancel.
struct Problem {
  Conv conv;
  InputMoments moments;
  WeightGrid grid;

  explicit Problem(std::uint32_t seed, std::size_t taps = 12, std::size_t channels = 6) {
    GraphMaker maker(seed);
    conv.output_channels = static_cast<std::int64_t>(channels);
    conv.weights = maker.numbers(static_cast<std::int64_t>(channels * taps), 1);
    conv.bias.assign(channels, 0);
    moments.taps = taps;
    moments.gram.assign(taps * taps, 0);
    moments.power.assign(taps, 0);
    for (int sample = 0; sample < 40; ++sample) {
      const float common = maker.numbers(1, 1)[0];
      std::vector<float> x = maker.numbers(static_cast<std::int64_t>(taps), 0.5F);
      for (float& value : x) value += common;
      for (std::size_t i = 0; i < taps; ++i) {
        moments.power[i] += x[i] * x[i] / 40;
        for (std::size_t j = 0; j < taps; ++j) moments.gram[i * taps + j] += x[i] * x[j] / 40;
      }
    }
    moments.cross = moments.gram;
    moments.mean.assign(taps, 0);
    moments.float_mean.assign(taps, 0);
    grid.bits = 3;
    grid.layer_scale = 0.7;
  }

  [[nodiscard]] double loss(std::size_t c, const std::int8_t* codes) const {
    const OutputError error(conv, moments);
    std::vector<float> values;
    for (std::size_t t = 0; t < moments.taps; ++t) values.push_back(static_cast<float>(grid.scale(c) * codes[t]));
    return error.error(error.target(c), error.responses(0, values), values);
  }
};

/// No single code can be changed to any other for a smaller error.
TEST(LeastSquaresCodes, CannotBeImprovedByOneCode) {
  for (std::uint32_t seed = 1; seed <= 10; ++seed) {
    const Problem problem(seed);
    const OutputError error(problem.conv, problem.moments);
    WeightCodes codes = least_squares_codes(problem.conv, problem.grid, error, 1);
    for (std::size_t c = 0; c < 6; ++c) {
      std::int8_t* row = codes.data() + c * 12;
      const double least = problem.loss(c, row);
      for (std::size_t t = 0; t < 12; ++t)
        for (int code = -3; code <= 3; ++code) {
          const std::int8_t kept = row[t];
          row[t] = static_cast<std::int8_t>(code);
          EXPECT_GE(problem.loss(c, row), least - 1e-4 * std::abs(least)) << "seed " << seed << " tap " << t;
          row[t] = kept;
        }
    }
  }
}

TEST(RoundingMethods, AreBetterThanTheNearestCodes) {
  double nearest = 0, descended = 0, learned = 0;
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    const Problem problem(seed);
    const OutputError error(problem.conv, problem.moments);
    const WeightCodes plain = nearest_codes(problem.conv, problem.grid);
    const WeightCodes squares = least_squares_codes(problem.conv, problem.grid, error, 1);
    const WeightCodes ada = adaround_codes(problem.conv, problem.grid, error, {}, 1);
    for (std::size_t c = 0; c < 6; ++c) {
      nearest += problem.loss(c, plain.data() + c * 12);
      descended += problem.loss(c, squares.data() + c * 12);
      learned += problem.loss(c, ada.data() + c * 12);
      EXPECT_LE(problem.loss(c, squares.data() + c * 12), problem.loss(c, plain.data() + c * 12) + 1e-6);
      EXPECT_LE(problem.loss(c, ada.data() + c * 12), problem.loss(c, plain.data() + c * 12) + 1e-6);
    }
  }
  EXPECT_LT(descended, nearest);
  EXPECT_LT(learned, nearest);
}

TEST(AdaRound, RoundsUpOrDownAndNoFurther) {
  const Problem problem(3);
  const OutputError error(problem.conv, problem.moments);
  const WeightCodes codes = adaround_codes(problem.conv, problem.grid, error, {}, 1);
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const double wanted = std::clamp(problem.conv.weights[i] / 0.7, -3.0, 3.0);
    EXPECT_LT(std::abs(codes[i] - wanted), 1) << i;
  }
}

TEST(RoundingMethods, GiveTheSameBytesForAnyNumberOfThreads) {
  const Problem problem(4, 30, 50);
  const OutputError error(problem.conv, problem.moments);
  EXPECT_EQ(least_squares_codes(problem.conv, problem.grid, error, 1),
            least_squares_codes(problem.conv, problem.grid, error, 3));
  EXPECT_EQ(adaround_codes(problem.conv, problem.grid, error, {50}, 1),
            adaround_codes(problem.conv, problem.grid, error, {50}, 3));
}

TEST(RoundingMethods, OfALayerTooWideForAGramUseItsDiagonal) {
  Problem problem(5);
  problem.moments.gram.clear();
  problem.moments.cross.clear();
  const OutputError error(problem.conv, problem.moments);
  EXPECT_EQ(least_squares_codes(problem.conv, problem.grid, error, 1), nearest_codes(problem.conv, problem.grid))
      << "without products nothing is better than the nearest code";
}

}  // namespace
}  // namespace evenshift::compiler

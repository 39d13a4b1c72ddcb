#include "compiler/calibrate/calibrate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>

#include "arch/base/error.h"
#include "compiler/calibrate/scan.h"
#include "tests/compiler/reference/graph_maker.h"

namespace evenshift::compiler {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// in (2 x 1 x 2) -> doubled = 2 · in -> out = min(max(doubled, 0), 6).
Graph small_graph() {
  Graph graph;
  graph.name = "small";
  graph.inputs = {graph.add_value("in", {2, 1, 2})};
  const ValueId doubled = graph.add_value("doubled", {2, 1, 2});
  const ValueId out = graph.add_value("out", {2, 1, 2});
  graph.nodes = {{"double", Affine{{2, 2}, {0, 0}}, {0}, doubled},
                 {"relu6", Activation{Function::clamp, 0, 6}, {doubled}, out}};
  graph.outputs = {out};
  return graph;
}

CalibrationData small_data(std::vector<std::vector<float>> images) {
  const auto count = static_cast<std::int64_t>(images.size());
  return {count, [images = std::move(images)](std::int64_t index) {
            return std::vector<FloatTensor>{{{2, 1, 2}, images[static_cast<std::size_t>(index)]}};
          }};
}

CalibrationOptions with(const std::string& method, int threads = 0) {
  CalibrationOptions options;
  options.method = method;
  options.threads = threads;
  return options;
}

TEST(Calibrate, MinMaxIsTheLeastAndTheGreatestOfAllImages) {
  const auto ranges =
      calibrate(small_graph(), small_data({{1, 2, 3, 2}, {1, -0.5F, 1, 1}, {2, 2.5F, 1, 1}}), with("min_max"));
  EXPECT_EQ(ranges, (std::vector<ValueRange>{{-0.5, 3}, {-1, 6}, {0, 6}}));
}

TEST(Calibrate, RangesContainZero) {
  for (const std::string method : {"min_max", "moving_average", "percentile", "mse", "kl"}) {
    const auto positive = calibrate(small_graph(), small_data({{1, 2, 2, 1}}), with(method));
    EXPECT_EQ(positive[0].low, 0) << method;
    EXPECT_GT(positive[0].high, 1.5) << method;
    const auto negative = calibrate(small_graph(), small_data({{-1, -2, -2, -1}}), with(method));
    EXPECT_EQ(negative[1].high, 0) << method;
    EXPECT_LT(negative[1].low, -3) << method;
    EXPECT_EQ(negative[2], (ValueRange{0, 0})) << method;
  }
}

/// A network and images of a few thousand numbers, with one far outlier.
struct Sample {
  Graph graph;
  CalibrationData data;
};
Sample make_sample() {
  GraphMaker maker(4);
  ValueId value = maker.input({3, 24, 24});
  value = maker.conv(value, 20, window(3, 1, 1), 1, {0, 6});
  value = maker.conv(value, 20, window(3, 1, 1), 20);
  value = maker.node(Activation{Function::silu, 0, 0}, {value}, {20, 24, 24});
  value = maker.conv(value, 10, window(24));
  return {maker.graph, {13, [](std::int64_t index) {
                          GraphMaker images(100 + static_cast<std::uint32_t>(index));
                          auto numbers = images.numbers(3 * 24 * 24, 1);
                          if (index == 7) numbers[55] = 40;
                          return std::vector<FloatTensor>{{{3, 24, 24}, std::move(numbers)}};
                        }}};
}

TEST(Calibrate, IsTheSameForAnyNumberOfThreads) {
  const Sample sample = make_sample();
  for (const std::string method : {"min_max", "moving_average", "percentile", "mse", "kl"}) {
    const auto expected = calibrate(sample.graph, sample.data, with(method, 1));
    for (const int threads : {2, 3, 16})
      EXPECT_EQ(calibrate(sample.graph, sample.data, with(method, threads)), expected) << method;
  }
}

TEST(Calibrate, PercentileAndMseCutTheOutlierOff) {
  const Sample sample = make_sample();
  EXPECT_EQ(calibrate(sample.graph, sample.data, with("min_max"))[0].high, 40);
  CalibrationOptions options = with("percentile");
  options.percentile = 99;
  const ValueRange percentile = calibrate(sample.graph, sample.data, options)[0];
  EXPECT_NEAR(percentile.high, 2.576, 0.1);  // of a normal distribution
  EXPECT_NEAR(percentile.low, -2.576, 0.1);
  options = with("mse");
  options.activation_bits = 4;
  EXPECT_NEAR(calibrate(sample.graph, sample.data, options)[0].high, 2.6, 0.5);
}

TEST(Calibrate, NamesTheValueAndTheFirstImageThatAreNotFinite) {
  const float infinity = std::numeric_limits<float>::infinity();
  const auto message = [](const CalibrationData& data) -> std::string {
    try {
      calibrate(small_graph(), data, with("min_max", 2));
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(message(small_data({{1, 1, 1, 1}, {1, 1, 3e38F, 1}, {infinity, 1, 1, 1}})),
              AllOf(HasSubstr("image 1"), HasSubstr("'doubled'")));
  EXPECT_THAT(message(small_data({{1, std::nanf(""), 1, 1}})), AllOf(HasSubstr("image 0"), HasSubstr("'in'")));
}

TEST(Calibrate, RefusesNoImagesAndUnknownMethods) {
  EXPECT_THROW(calibrate(small_graph(), small_data({}), with("min_max")), Error);
  EXPECT_THROW(calibrate(small_graph(), small_data({{1, 1, 1, 1}}), with("median")), Error);
}

TEST(Calibrate, ReportsProgressAndEndsWhenCancelled) {
  const Sample sample = make_sample();
  std::vector<std::int64_t> seen;
  calibrate(sample.graph, sample.data, with("min_max", 3), [&](std::int64_t done) { seen.push_back(done); });
  ASSERT_EQ(seen.size(), 13u);
  for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], static_cast<std::int64_t>(i) + 1);

  CancelFlag flag;
  CalibrationOptions options = with("mse", 1);
  options.cancel = &flag;
  EXPECT_THROW(calibrate(sample.graph, sample.data, options,
                         [&](std::int64_t done) {
                           if (done == 2) flag.cancel();
                         }),
               Cancelled);
}

TEST(Calibrate, MovingAverageWeighsImagesInTheirOrder) {
  CalibrationOptions options = with("moving_average", 2);
  options.momentum = 0.75;
  const auto ranges = calibrate(small_graph(), small_data({{1, 2, 4, 2}, {1, -2, 1, 1}, {2, 8, 1, 1}}), options);
  // high of `in`: 4, then 0.75 · 4 + 0.25 · 1 = 3.25, then 0.75 · 3.25 + 0.25 · 8
  EXPECT_EQ(ranges, (std::vector<ValueRange>{{-0.375, 4.4375}, {-0.75, 8.875}, {0, 5.25}}));
  options.momentum = 0;
  EXPECT_EQ(calibrate(small_graph(), small_data({{9, 2, 4, 2}, {2, 2.5F, 1, 1}}), options)[0], (ValueRange{0, 2.5}));
  for (const double momentum : {1.0, -0.1, std::nan("")}) {
    options.momentum = momentum;
    EXPECT_THROW(calibrate(small_graph(), small_data({{1, 1, 1, 1}}), options), Error) << momentum;
  }
}

TEST(Scan, FindsWhatIsNotFiniteAndTheExtent) {
  for (std::size_t size = 1; size < 50; ++size)
    for (const std::size_t at : {std::size_t{0}, size / 2, size - 1}) {
      std::vector<float> values(size, 1.5F);
      values[at] = -2;
      EXPECT_TRUE(all_finite(values));
      EXPECT_EQ(extent_of(values), (ValueRange{-2, size == 1 ? -2.0 : 1.5}));
      values[at] = 7;
      EXPECT_EQ(extent_of(values), (ValueRange{size == 1 ? 7 : 1.5, 7}));
      values[at] = -std::numeric_limits<float>::infinity();
      EXPECT_FALSE(all_finite(values));
    }
}

}  // namespace
}  // namespace evenshift::compiler

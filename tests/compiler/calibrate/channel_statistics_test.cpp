#include "compiler/calibrate/channel_statistics.h"

#include <gtest/gtest.h>

#include <cmath>

#include "compiler/calibrate/scan.h"
#include "tests/compiler/reference/graph_maker.h"

namespace evenshift::compiler {
namespace {

/// in (2 x 1 x 2) -> conv = 2 · in, clamped to [0, 6] -> out = clamp(conv, 1, 4).
Graph clamped_graph() {
  Graph graph;
  graph.inputs = {graph.add_value("in", {2, 1, 2})};
  const ValueId conv = graph.add_value("conv", {2, 1, 2});
  const ValueId out = graph.add_value("out", {2, 1, 2});
  graph.nodes = {{"conv", Conv{{}, 2, 2, {2, 2}, {0, 0}, {0, 6}}, {0}, conv},
                 {"clamp", Activation{Function::clamp, 1, 4}, {conv}, out}};
  graph.outputs = {out};
  return graph;
}

CalibrationData data_of(const Graph& graph, std::vector<std::vector<float>> images) {
  const auto count = static_cast<std::int64_t>(images.size());
  return {count, [shape = graph.value(graph.inputs[0]).shape, images = std::move(images)](std::int64_t index) {
            return std::vector<FloatTensor>{{shape, images[static_cast<std::size_t>(index)]}};
          }};
}

TEST(ChannelStatistics, AreOfEachChannel) {
  const Graph graph = clamped_graph();
  const auto statistics = channel_statistics(graph, data_of(graph, {{1, 2, 3, -4}, {0, 2, 5, 8}}), {});
  ASSERT_EQ(statistics.size(), 3u);
  EXPECT_EQ(statistics[0].low, (std::vector<double>{0, -4}));
  EXPECT_EQ(statistics[0].high, (std::vector<double>{2, 8}));
  EXPECT_EQ(statistics[0].mean, (std::vector<double>{1.25, 3}));
  EXPECT_DOUBLE_EQ(statistics[0].deviation[0], std::sqrt(9.0 / 4 - 1.25 * 1.25));
  EXPECT_DOUBLE_EQ(statistics[0].deviation[1], std::sqrt(114.0 / 4 - 9));
  EXPECT_EQ(statistics[1].mean, (std::vector<double>{2.5, 4.5}));
}

TEST(ActivationStatistics, SeeWhatClampsAreGiven) {
  const Graph graph = clamped_graph();
  const auto statistics = activation_statistics(graph, data_of(graph, {{1, 2, 3, -4}, {0, 2, 5, 8}}), {});
  ASSERT_EQ(statistics.values.size(), 3u);
  ASSERT_EQ(statistics.before_clamp.size(), 3u);
  EXPECT_EQ(statistics.values[1].high, (std::vector<double>{4, 6}));
  EXPECT_EQ(statistics.values[1].low, (std::vector<double>{0, 0}));
  EXPECT_EQ(statistics.before_clamp[1].high, (std::vector<double>{4, 16}));
  EXPECT_EQ(statistics.before_clamp[1].low, (std::vector<double>{0, -8}));
  EXPECT_EQ(statistics.before_clamp[1].mean, (std::vector<double>{2.5, 6}));
  EXPECT_EQ(statistics.values[2].low, (std::vector<double>{1, 1}));
  EXPECT_EQ(statistics.before_clamp[2].low, statistics.values[1].low);
  EXPECT_EQ(statistics.before_clamp[0].high, statistics.values[0].high);
}

TEST(ActivationStatistics, AreTheSameForAnyNumberOfThreads) {
  GraphMaker maker(4);
  const ValueId a = maker.conv(maker.input({3, 24, 24}), 20, window(3, 1, 1), 1, {0, 6});
  maker.conv(a, 10, window(24));
  const CalibrationData data{13, [](std::int64_t index) {
                               GraphMaker images(100 + static_cast<std::uint32_t>(index));
                               return std::vector<FloatTensor>{{{3, 24, 24}, images.numbers(3 * 24 * 24, 1)}};
                             }};
  CalibrationOptions one;
  one.threads = 1;
  CalibrationOptions four;
  four.threads = 4;
  const auto expected = activation_statistics(maker.graph, data, one);
  const auto statistics = activation_statistics(maker.graph, data, four);
  for (std::size_t i = 0; i < expected.values.size(); ++i) {
    EXPECT_EQ(statistics.values[i].low, expected.values[i].low);
    EXPECT_EQ(statistics.values[i].high, expected.values[i].high);
    EXPECT_EQ(statistics.values[i].mean, expected.values[i].mean);
    EXPECT_EQ(statistics.values[i].deviation, expected.values[i].deviation);
    EXPECT_EQ(statistics.before_clamp[i].mean, expected.before_clamp[i].mean);
  }
}

TEST(Scan, SumsNumbersAndSquares) {
  for (std::size_t size = 0; size < 40; ++size) {
    std::vector<float> values;
    double sum = 0;
    double squares = 0;
    for (std::size_t i = 0; i < size; ++i) {
      values.push_back(static_cast<float>(i) - 3);
      sum += static_cast<double>(i) - 3;
      squares += (static_cast<double>(i) - 3) * (static_cast<double>(i) - 3);
    }
    EXPECT_EQ(moments_of(values).sum, sum);
    EXPECT_EQ(moments_of(values).squares, squares);
  }
}

}  // namespace
}  // namespace evenshift::compiler

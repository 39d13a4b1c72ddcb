#include "compiler/equalize/absorb_bias.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/compiler/equalize/equalize_fixture.h"

namespace evenshift::compiler {
namespace {

using ::testing::ElementsAre;

/// Two channels, 4 + in and in, behind a ReLU, and a reader with a kernel of 2 x 2.
GraphMaker small_network(Clamp clamp = kRelu, std::int64_t pad = 0) {
  GraphMaker maker(1);
  const ValueId a = maker.conv(maker.input({1, 3, 3}), 2, window(1), 1, clamp);
  maker.conv(a, 1, window(2, 1, pad));
  auto& first = std::get<Conv>(maker.graph.nodes[0].op);
  first.weights = {1, 1};
  first.bias = {4, 0};
  auto& second = std::get<Conv>(maker.graph.nodes[1].op);
  second.weights = {1, 2, 3, 4, -1, -1, -1, -1};
  second.bias = {0.5F};
  return maker;
}

const Images& images() {  // mean 0, deviation 1, least -1
  static const Images kImages = {{{{1, 3, 3}, {-1, -1, -1, -1, 0, 1, 1, 1, 1}}}};
  return kImages;
}

TEST(AbsorbBias, MovesTheLeastNumber) {
  const Graph graph = small_network().graph;
  const AbsorbedGraph absorbed = absorb_bias(graph, statistics_of(graph, images()), {AbsorptionBound::least, false});
  ASSERT_EQ(absorbed.convs.size(), 1u);
  EXPECT_THAT(absorbed.convs[0].amounts, ElementsAre(3, 0));
  EXPECT_THAT(conv_of(absorbed.graph, 0).bias, ElementsAre(1, 0));
  EXPECT_THAT(conv_of(absorbed.graph, 1).bias, ElementsAre(30.5));
  EXPECT_THAT(absorbed.statistics.values[1].low, ElementsAre(0, 0));
  EXPECT_THAT(absorbed.statistics.values[1].high, ElementsAre(2, 1));
  EXPECT_EQ(relative_difference(graph, absorbed.graph, images()), 0);
}

TEST(AbsorbBias, MovesTheMeanLessThreeDeviations) {
  const Graph graph = small_network().graph;
  const AbsorbedGraph absorbed = absorb_bias(graph, statistics_of(graph, images()), {});
  EXPECT_NEAR(absorbed.convs[0].amounts[0], 4 - 3 * std::sqrt(8.0 / 9), 1e-6);
  EXPECT_EQ(absorbed.convs[0].amounts[1], 0);
}

TEST(AbsorbBias, NeedsReadersWithoutPadding) {
  const Graph graph = small_network(kRelu, 1).graph;
  const ActivationStatistics statistics = statistics_of(graph, images());
  EXPECT_TRUE(absorb_bias(graph, statistics, {AbsorptionBound::least, false}).convs.empty());
  const AbsorbedGraph anyway = absorb_bias(graph, statistics, {AbsorptionBound::least, true});
  EXPECT_THAT(anyway.convs[0].amounts, ElementsAre(3, 0));
  EXPECT_GT(relative_difference(graph, anyway.graph, images()), 0.01) << "the border changes";
}

TEST(AbsorbBias, HeedsClamps) {
  const auto amounts = [](Clamp clamp) {
    const Graph graph = small_network(clamp).graph;
    const auto convs = absorb_bias(graph, statistics_of(graph, images()), {AbsorptionBound::least, false}).convs;
    return convs.empty() ? 0 : convs[0].amounts[0];
  };
  EXPECT_EQ(amounts({0, 6}), 3);
  EXPECT_EQ(amounts({0, 4.5}), 0) << "5 is cut to 4.5";
  EXPECT_EQ(amounts({}), 0);
  EXPECT_EQ(amounts({-1, 6}), 0);
}

TEST(AbsorbBias, LeavesValuesWithGivenParametersAlone) {
  GraphMaker maker = small_network();
  maker.graph.value(maker.graph.nodes[0].output).quant = QuantParams{0.5, 3, 8};
  EXPECT_TRUE(
      absorb_bias(maker.graph, statistics_of(maker.graph, images()), {AbsorptionBound::least, false}).convs.empty());
}

TEST(AbsorbBias, FollowsPoolsAndConcatsAndStopsElsewhere) {
  GraphMaker maker = small_network();
  const ValueId a = maker.graph.nodes[0].output;
  const ValueId pooled = maker.node(MaxPool{window(2)}, {a}, {2, 2, 2});
  const ValueId both = maker.node(Concat{}, {pooled, pooled}, {4, 2, 2});
  const ValueId average = maker.node(AveragePool{window(2), false, {}}, {both}, {4, 1, 1});
  const ValueId out = maker.conv(average, 2, window(1));
  maker.graph.outputs = {maker.graph.nodes[1].output, out};
  const Graph graph = maker.graph;
  const AbsorbedGraph absorbed = absorb_bias(graph, statistics_of(graph, images()), {AbsorptionBound::least, false});
  ASSERT_EQ(absorbed.convs.size(), 1u);
  EXPECT_LE(relative_difference(graph, absorbed.graph, images()), 1e-6);
  EXPECT_EQ(absorbed.statistics.values[static_cast<std::size_t>(average)].mean[2],
            statistics_of(graph, images()).values[static_cast<std::size_t>(average)].mean[2] - 3);

  maker.graph.outputs.push_back(a);
  EXPECT_TRUE(
      absorb_bias(maker.graph, statistics_of(maker.graph, images()), {AbsorptionBound::least, false}).convs.empty());
  maker.graph = graph;
  maker.graph.outputs.push_back(maker.graph.add_value("abs", {2, 3, 3}));
  maker.graph.nodes.push_back({"abs", Activation{Function::abs, 0, 0}, {a}, maker.graph.outputs.back()});
  EXPECT_TRUE(
      absorb_bias(maker.graph, statistics_of(maker.graph, images()), {AbsorptionBound::least, false}).convs.empty());
}

}  // namespace
}  // namespace evenshift::compiler

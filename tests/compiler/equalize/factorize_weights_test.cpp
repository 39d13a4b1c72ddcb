#include "compiler/equalize/factorize_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/equalize/shift_equalizer.h"
#include "tests/compiler/equalize/random_network.h"

namespace evenshift::compiler {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

/// A dense layer of three channels read by one of two, with statistics of its own.
struct SmallNetwork {
  Graph graph;
  ActivationStatistics statistics;
};

SmallNetwork small_network(std::vector<float> first, std::vector<float> second, std::vector<double> high,
                           std::vector<double> before_low = {-1, -1, -1}, Clamp clamp = kRelu) {
  SmallNetwork network;
  Graph& graph = network.graph;
  graph.inputs = {graph.add_value("in", {1, 1, 1})};
  graph.add_value("middle", {3, 1, 1});
  graph.outputs = {graph.add_value("out", {2, 1, 1})};
  graph.nodes = {{"first", Conv{{}, 1, 3, std::move(first), {1, 1, 1}, clamp}, {0}, 1},
                 {"second", Conv{{}, 1, 2, std::move(second), {0, 0}, {}}, {1}, 2}};
  const ChannelStatistics middle{{0, 0, 0}, high, high, {0, 0, 0}};
  network.statistics.values = {{{0}, {1}, {0}, {0}}, middle, {{0, 0}, {1, 1}, {0, 0}, {0, 0}}};
  network.statistics.before_clamp = network.statistics.values;
  network.statistics.before_clamp[1].low = std::move(before_low);
  return network;
}

std::vector<double> factors_of(const SmallNetwork& network, const FactorizationOptions& options) {
  return factorize_weights(network.graph, network.statistics, options).convs[0].factors;
}

TEST(FactorizeWeights, OneStepIsTheLeastOfItsLimits) {
  // K = 8, 2, 0.125; A = 4, 4, 0.1
  const SmallNetwork network = small_network({8, -2, 0.125F}, {1, 1, 1, 1, 1, 1}, {4, 2, 0.1});
  EXPECT_THAT(factors_of(network, {}), ElementsAre(1, 2, 4)) << "kept, by A, by P";
  FactorizationOptions options;
  options.limit_before_activation = false;
  EXPECT_THAT(factors_of(network, options), ElementsAre(1, 2, 16)) << "kept, by A, by the cap";
  options.largest_factor = 100;
  EXPECT_THAT(factors_of(network, options), ElementsAre(1, 2, 40)) << "kept, by A, by A";
  const SmallNetwork by_weights = small_network({8, -2, 4}, {1, 1, 1, 1, 1, 1}, {4, 0.5, 0.5});
  EXPECT_THAT(factors_of(by_weights, {}), ElementsAre(1, 4, 2));
}

TEST(FactorizeWeights, TakesNumbersBelowZeroIntoAccount) {
  const SmallNetwork network = small_network({8, 1, 1}, {1, 1, 1, 1, 1, 1}, {4, 1, 1}, {-1, -2, -9});
  EXPECT_THAT(factors_of(network, {}), ElementsAre(1, 2, 1)) << "4 / 2, and not below 1";
  SmallNetwork linear = small_network({8, 1, 1}, {1, 1, 1, 1, 1, 1}, {4, 1, 1}, {-1, -2, -9}, {});
  linear.statistics.values[1].low = linear.statistics.before_clamp[1].low;
  FactorizationOptions options;
  options.limit_before_activation = false;
  EXPECT_THAT(factors_of(linear, options), ElementsAre(1, 2, 1)) << "no clamp takes them away";
}

TEST(FactorizeWeights, TwoStepLetsUnimportantChannelsGo) {
  // r = 1/8, 1, 1/2 of a reader whose largest weight is 8; K · r = 1, 2, 1; A · r = 0.5, 1, 0.5
  const SmallNetwork network = small_network({8, 2, 2}, {1, -8, 2, 0.5F, 4, 4}, {4, 1, 1}, {0, 0, 0});
  FactorizationOptions options;
  options.two_step = true;
  EXPECT_THAT(factors_of(network, options), ElementsAre(0.25, 1, 1));
  const Graph after = factorize_weights(network.graph, network.statistics, options).graph;
  EXPECT_THAT(std::get<Conv>(after.nodes[0].op).weights, ElementsAre(2, 2, 2));
  EXPECT_THAT(std::get<Conv>(after.nodes[0].op).bias, ElementsAre(0.25, 1, 1));
  EXPECT_THAT(std::get<Conv>(after.nodes[1].op).weights, ElementsAre(4, -8, 2, 2, 4, 4));
}

TEST(FactorizeWeights, PowersOfTwoAreRoundedDown) {
  const SmallNetwork network = small_network({8, 1.5F, 3}, {1, 1, 1, 1, 1, 1}, {4, 0.1, 0.1}, {0, 0, 0});
  FactorizationOptions options;
  options.power_of_two = true;
  EXPECT_THAT(factors_of(network, options), ElementsAre(1, 4, 2));
}

TEST(FactorizeWeights, ReLu6KeepsWhatWasBelowTheLimitBelow) {
  SmallNetwork network = small_network({8, 1, 1}, {1, 1, 1, 1, 1, 1}, {6, 4, 6}, {0, 0, 0}, kRelu6);
  network.statistics.before_clamp[1].high = {7, 4, 9};
  EXPECT_THAT(factors_of(network, {}), ElementsAre(1, 1.5, 1));
  // Two-step would lower the first to 1/8.
  network = small_network({8, 1, 1}, {1, 8, 8, 1, 8, 8}, {6, 0.75, 0.75}, {0, 0, 0}, kRelu6);
  network.statistics.before_clamp[1].high = {7, 0.75, 0.75};
  FactorizationOptions options;
  options.two_step = true;
  EXPECT_THAT(factors_of(network, options), ElementsAre(1, 8, 8)) << "next to one that stays";
  options.clamp_rule = ClampRule::bounded;
  EXPECT_THAT(factors_of(network, options),
              ElementsAre(DoubleNear(0.7, 1e-12), DoubleNear(5.6, 1e-12), DoubleNear(5.6, 1e-12)));
}

TEST(FactorizeWeights, DeadChannelsBoundNothing) {
  const SmallNetwork network = small_network({8, 0, 1}, {1, 1, 1, 1, 1, 1}, {4, 1, 0}, {0, 0, 0});
  EXPECT_THAT(factors_of(network, {}), ElementsAre(1, 4, 8));
}

/// One step widens no layer's weights for its own sake: only readers' columns shrink.
TEST(FactorizeWeights, OneStepWidensNoRange) {
  for (std::uint32_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    const RandomNetwork network = random_network(seed);
    const ActivationStatistics before = statistics_of(network.graph, network.images);
    const EqualizedGraph equalized = factorize_weights(network.graph, before, {});
    for (const ConvFactors& conv : equalized.convs)
      for (const double factor : conv.factors) EXPECT_GE(factor, 1 - 1e-12) << conv.node;
    for (std::size_t i = 0; i < network.graph.nodes.size(); ++i) {
      const auto* conv = std::get_if<Conv>(&network.graph.nodes[i].op);
      if (conv == nullptr) continue;
      EXPECT_LE(std::ranges::max(channel_ranges(std::get<Conv>(equalized.graph.nodes[i].op))),
                std::ranges::max(channel_ranges(*conv)) * 1.00001);
    }
    const ScaleGroups groups(network.graph, before, ClampRule::exact);
    std::map<std::size_t, std::pair<double, double>> greatest;
    for (std::size_t i = 0; i < before.values.size(); ++i) {
      auto& [was, is] = greatest[groups.range_classes()[i]];
      was = std::max(was, std::ranges::max(before.values[i].high));
      is = std::max(is, std::ranges::max(equalized.statistics.values[i].high));
    }
    for (const auto& [_, range] : greatest) EXPECT_LE(range.second, range.first * 1.00001);
  }
}

}  // namespace
}  // namespace evenshift::compiler

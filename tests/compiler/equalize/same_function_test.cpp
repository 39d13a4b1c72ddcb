// Methods that move factors between layers leave what the network computes.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "compiler/equalize/absorb_bias.h"
#include "compiler/equalize/cross_layer.h"
#include "compiler/equalize/factorize_weights.h"
#include "compiler/equalize/open_clamps.h"
#include "compiler/import/import.h"
#include "compiler/ir/passes/canonicalize.h"
#include "tests/compiler/equalize/random_network.h"

namespace evenshift::compiler {
namespace {

constexpr double kTolerance = 1e-5;

FactorizationOptions factorization(bool two_step, bool power_of_two) {
  FactorizationOptions options;
  options.two_step = two_step;
  options.power_of_two = power_of_two;
  return options;
}

CrossLayerOptions cross_layer(bool shared_channels, bool power_of_two) {
  CrossLayerOptions options;
  options.shared_channels = shared_channels;
  options.power_of_two = power_of_two;
  return options;
}

std::size_t moved(const EqualizedGraph& equalized) {
  std::size_t count = 0;
  for (const ConvFactors& conv : equalized.convs)
    count += static_cast<std::size_t>(std::ranges::count_if(conv.factors, [](double factor) { return factor != 1; }));
  return count;
}

/// What ties members of groups that moved: kinds of the nodes that make them.
void collect_kinds(const Graph& graph, const ActivationStatistics& statistics, const EqualizedGraph& equalized,
                   std::set<std::string>& kinds) {
  const ScaleGroups groups(graph, statistics, ClampRule::exact);
  for (const ScaleGroup& group : groups.groups()) {
    const ConvChannel& first = group.producers[0];
    std::size_t conv = 0;
    for (std::size_t node = 0; node < first.node; ++node)
      conv += std::holds_alternative<Conv>(graph.nodes[node].op) ? 1 : 0;
    if (equalized.convs[conv].factors[static_cast<std::size_t>(first.channel)] == 1) continue;
    for (const ValueChannel& member : group.members)
      kinds.emplace(kind_of(graph.nodes[static_cast<std::size_t>(graph.producer(member.value))].op));
  }
}

/// All methods on one network; returns how many channels moved.
std::size_t expect_same(const Graph& graph, const Images& images) {
  const ActivationStatistics statistics = statistics_of(graph, images);
  std::size_t channels = 0;
  for (const bool flag : {false, true}) {
    for (const EqualizedGraph& free : {factorize_weights(graph, statistics, factorization(flag, false)),
                                       equalize_across_layers(graph, statistics, cross_layer(flag, false))}) {
      channels += moved(free);
      EXPECT_LE(relative_difference(graph, free.graph, images), kTolerance);
    }
    for (const EqualizedGraph& exact : {factorize_weights(graph, statistics, factorization(flag, true)),
                                        equalize_across_layers(graph, statistics, cross_layer(flag, true))}) {
      channels += moved(exact);
      EXPECT_EQ(relative_difference(graph, exact.graph, images), 0) << "powers of two are exact";
    }
  }
  const AbsorbedGraph absorbed = absorb_bias(graph, statistics, {AbsorptionBound::least, false});
  EXPECT_LE(relative_difference(graph, absorbed.graph, images), kTolerance);
  EXPECT_LE(relative_difference(graph, drop_unreached_clamps(graph, statistics).graph, images), kTolerance);
  return channels;
}

/// One after the other, with the statistics that each hands on.
void expect_same_composed(const Graph& graph, const Images& images) {
  const ActivationStatistics statistics = statistics_of(graph, images);
  const Graph opened = drop_unreached_clamps(graph, statistics).graph;
  const EqualizedGraph crossed = equalize_across_layers(opened, statistics, cross_layer(false, false));
  const EqualizedGraph factorized = factorize_weights(crossed.graph, crossed.statistics, factorization(true, false));
  const AbsorbedGraph absorbed = absorb_bias(factorized.graph, factorized.statistics, {AbsorptionBound::least, false});
  EXPECT_LE(relative_difference(graph, absorbed.graph, images), kTolerance);
}

TEST(SameFunction, OfRandomNetworksUnderEveryRule) {
  std::set<std::string> kinds;
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    const RandomNetwork network = random_network(seed);
    expect_same(network.graph, network.images);
    expect_same_composed(network.graph, network.images);
    const ActivationStatistics statistics = statistics_of(network.graph, network.images);
    collect_kinds(network.graph, statistics, factorize_weights(network.graph, statistics, factorization(true, false)),
                  kinds);
  }
  EXPECT_EQ(kinds, (std::set<std::string>{"activation", "add", "average_pool", "concat", "conv", "depthwise_conv",
                                          "max_pool", "multiply", "pad", "parametric_relu", "resize"}))
      << "the networks leave a rule out";
}

/// What a method says of the activations is what they are.
TEST(SameFunction, StatisticsFollow) {
  for (std::uint32_t seed = 1; seed <= 15; ++seed) {
    SCOPED_TRACE(seed);
    const RandomNetwork network = random_network(seed);
    const ActivationStatistics before = statistics_of(network.graph, network.images);
    const EqualizedGraph equalized = factorize_weights(network.graph, before, factorization(false, false));
    const AbsorbedGraph absorbed = absorb_bias(equalized.graph, equalized.statistics, {AbsorptionBound::least, false});
    const ActivationStatistics after = statistics_of(absorbed.graph, network.images);
    for (std::size_t i = 0; i < after.values.size(); ++i) {
      const auto expect_near = [&](const std::vector<double>& found, const std::vector<double>& expected) {
        for (std::size_t c = 0; c < expected.size(); ++c)
          EXPECT_NEAR(found[c], expected[c], 1e-5 * (1 + std::abs(expected[c]))) << network.graph.values[i].name;
      };
      expect_near(absorbed.statistics.values[i].low, after.values[i].low);
      expect_near(absorbed.statistics.values[i].high, after.values[i].high);
      expect_near(absorbed.statistics.values[i].mean, after.values[i].mean);
      expect_near(absorbed.statistics.before_clamp[i].low, after.before_clamp[i].low);
      expect_near(absorbed.statistics.before_clamp[i].high, after.before_clamp[i].high);
    }
  }
}

TEST(SameFunction, OfTrainedNetworks) {
  for (const std::string name : {"shapes_mobilenet_v1", "digits_mobilenet_v2", "digits_squeezenet"}) {
    SCOPED_TRACE(name);
    const Graph graph = canonicalize(import_onnx(EVENSHIFT_SOURCE_DIR "/models/" + name + ".onnx"));
    GraphMaker inputs(7);
    inputs.graph = graph;
    const Images images = {inputs.inputs(), inputs.inputs(), inputs.inputs()};
    EXPECT_GT(expect_same(graph, images), 0u);
    expect_same_composed(graph, images);
  }
}

}  // namespace
}  // namespace evenshift::compiler

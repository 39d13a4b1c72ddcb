#include "compiler/equalize/cross_layer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "compiler/equalize/shift_equalizer.h"
#include "tests/compiler/equalize/equalize_fixture.h"

namespace evenshift::compiler {
namespace {

/// Factors of a conv that is between others: r1 and r2 of channel c.
void expect_even(const std::vector<double>& produced, const std::vector<double>& read) {
  ASSERT_EQ(produced.size(), read.size());
  for (std::size_t c = 0; c < produced.size(); ++c) EXPECT_NEAR(produced[c], read[c], 1e-5 * read[c]) << c;
}

TEST(CrossLayer, OfAPairIsTheFormula) {
  GraphMaker maker(3);
  const ValueId a = maker.conv(maker.input({3, 5, 5}), 4, window(3), 1, kRelu);
  maker.conv(a, 6, window(3));
  scale_filters(maker.graph, 0, {1, 0.125F, 30, 0.01F});
  const std::vector<double> r1 = channel_ranges(conv_of(maker.graph, 0));
  const std::vector<double> r2 = input_channel_ranges(conv_of(maker.graph, 1));
  const EqualizedGraph equalized = equalize_across_layers(maker.graph, {}, {});
  for (std::size_t c = 0; c < 4; ++c) EXPECT_NEAR(equalized.convs[0].factors[c], std::sqrt(r2[c] / r1[c]), 1e-12);
  expect_even(channel_ranges(conv_of(equalized.graph, 0)), input_channel_ranges(conv_of(equalized.graph, 1)));
  EXPECT_EQ(equalized.convs[1].factors, std::vector<double>(6, 1.0));
  EXPECT_LT(equalized.convs[0].evenness_before, 0.5);
}

TEST(CrossLayer, OfThreeLayersIsTheCubeRoot) {
  GraphMaker maker(4);
  const ValueId a = maker.conv(maker.input({3, 5, 5}), 4, window(1), 1, kRelu);
  const ValueId b = maker.conv(a, 4, window(3, 1, 1), 4, kRelu);
  maker.conv(b, 6, window(1));
  scale_filters(maker.graph, 0, {1, 0.125F, 30, 0.01F});
  scale_filters(maker.graph, 1, {5, 0.3F, 1, 0.07F});
  std::vector<double> means;
  for (std::size_t c = 0; c < 4; ++c)
    means.push_back(std::cbrt(channel_ranges(conv_of(maker.graph, 0))[c] * channel_ranges(conv_of(maker.graph, 1))[c] *
                              input_channel_ranges(conv_of(maker.graph, 2))[c]));
  CrossLayerOptions once;
  once.most_rounds = 1;
  const Graph after = equalize_across_layers(maker.graph, {}, once).graph;
  for (std::size_t c = 0; c < 4; ++c) {
    EXPECT_NEAR(channel_ranges(conv_of(after, 0))[c], means[c], 1e-6 * means[c]);
    EXPECT_NEAR(channel_ranges(conv_of(after, 1))[c], means[c], 1e-6 * means[c]);
    EXPECT_NEAR(input_channel_ranges(conv_of(after, 2))[c], means[c], 1e-6 * means[c]);
  }
}

TEST(CrossLayer, IsRepeatedUntilAllPairsAreEven) {
  GraphMaker maker(5);
  ValueId value = maker.input({3, 6, 6});
  for (const std::int64_t channels : {5, 7, 6, 4}) value = maker.conv(value, channels, window(1), 1, kRelu);
  scale_filters(maker.graph, 1, {5, 0.3F, 1, 0.07F, 1, 20, 0.1F});
  CrossLayerOptions options;
  options.tolerance = 1e-6;
  const EqualizedGraph equalized = equalize_across_layers(maker.graph, {}, options);
  for (std::size_t node = 0; node + 1 < 4; ++node)
    expect_even(channel_ranges(conv_of(equalized.graph, node)),
                input_channel_ranges(conv_of(equalized.graph, node + 1)));
}

TEST(CrossLayer, LeavesSharedAndDeadChannelsAlone) {
  GraphMaker maker(6);
  const ValueId a = maker.conv(maker.input({3, 6, 6}), 4, window(1), 1, kRelu);
  const ValueId b = maker.conv(a, 4, window(1));
  const ValueId sum = maker.node(Add{}, {a, b}, {4, 6, 6});
  maker.conv(sum, 3, window(1));
  scale_filters(maker.graph, 0, {1, 0.125F, 30, 0});
  EXPECT_EQ(equalize_across_layers(maker.graph, {}, {}).convs[0].factors, std::vector<double>(4, 1.0));
  CrossLayerOptions shared;
  shared.shared_channels = true;
  const EqualizedGraph equalized = equalize_across_layers(maker.graph, {}, shared);
  EXPECT_NE(equalized.convs[0].factors[1], 1);
  EXPECT_EQ(equalized.convs[0].factors, equalized.convs[1].factors);

  GraphMaker dead(7);
  dead.conv(dead.conv(dead.input({3, 6, 6}), 2, window(1), 1, kRelu), 3, window(1));
  scale_filters(dead.graph, 0, {0, 4});
  const EqualizedGraph alive = equalize_across_layers(dead.graph, {}, {});
  EXPECT_EQ(alive.convs[0].factors[0], 1);
  EXPECT_NE(alive.convs[0].factors[1], 1);
  scale_filters(dead.graph, 0, {1, 1});
  std::get<Conv>(dead.graph.nodes[0].op).weights[0] = 1e-12F;  // as batch norms leave it
  EXPECT_EQ(equalize_across_layers(dead.graph, {}, {}).convs[0].factors[0], 1);
}

/// A filter of zeros with a bias below 0: its channel is silent, but its reader's weight is the layer's largest.
TEST(CrossLayer, ShrinksLargeWeightsBehindSilentChannelsWhereRangesAreKept) {
  GraphMaker maker(7);
  maker.conv(maker.conv(maker.input({1, 2, 2}), 3, window(1), 1, kRelu), 1, window(1));
  auto& first = std::get<Conv>(maker.graph.nodes[0].op);
  first.weights = {0, 0, 1};
  first.bias = {-1, 0.5F, 1};
  std::get<Conv>(maker.graph.nodes[1].op).weights = {900, 700, 1};
  const Images images = {{{{1, 2, 2}, {0, 1, 0, 1}}}};
  const ActivationStatistics statistics = statistics_of(maker.graph, images);
  EXPECT_EQ(equalize_across_layers(maker.graph, statistics, {}).convs[0].factors, (std::vector<double>{1, 1, 1}));
  CrossLayerOptions options;
  options.keep_activation_ranges = true;
  EXPECT_EQ(equalize_across_layers(maker.graph, statistics, options).convs[0].factors,
            (std::vector<double>{256, 4, 1}));
}

TEST(CrossLayer, LimitsFactors) {
  GraphMaker maker(8);
  maker.conv(maker.conv(maker.input({3, 6, 6}), 2, window(1), 1, kRelu), 3, window(1));
  scale_filters(maker.graph, 0, {1, 0.0001F});
  CrossLayerOptions options;
  options.largest_factor = 8;
  EXPECT_EQ(equalize_across_layers(maker.graph, {}, options).convs[0].factors[1], 8);
}

TEST(CrossLayer, PowersOfTwoAreTheNearest) {
  GraphMaker maker(8);
  maker.conv(maker.conv(maker.input({3, 6, 6}), 6, window(1), 1, kRelu), 3, window(1));
  scale_filters(maker.graph, 0, {1, 0.125F, 30, 0.02F, 7, 500});
  const auto free = equalize_across_layers(maker.graph, {}, {}).convs[0].factors;
  CrossLayerOptions options;
  options.power_of_two = true;
  const auto rounded = equalize_across_layers(maker.graph, {}, options).convs[0].factors;
  for (std::size_t c = 0; c < 6; ++c) {
    EXPECT_EQ(rounded[c], power_of_two_factor(free[c], {}, false));
    EXPECT_LE(std::abs(std::log2(rounded[c] / free[c])), 0.5);
  }
}

TEST(CrossLayer, HeedsReLu6AndRangesOfActivations) {
  GraphMaker maker(9);
  const ValueId a = maker.conv(maker.input({3, 6, 6}), 2, window(1), 1, kRelu6);
  maker.conv(a, 3, window(1));
  auto& conv = std::get<Conv>(maker.graph.nodes[0].op);
  conv.weights = {1, 1, 1, 0.001F, 0.001F, 0.001F};
  conv.bias = {0, 1};
  const Images images = {{{{3, 6, 6}, std::vector<float>(108, 0.5F)}}};  // channels: 1.5 and 1.0015
  EXPECT_EQ(equalize_across_layers(maker.graph, {}, {}).convs[0].factors, (std::vector<double>{1, 1}));
  const ActivationStatistics statistics = statistics_of(maker.graph, images);
  EXPECT_NEAR(equalize_across_layers(maker.graph, statistics, {}).convs[0].factors[1], 6 / 1.0015, 1e-5);
  CrossLayerOptions keep;
  keep.keep_activation_ranges = true;
  EXPECT_NEAR(equalize_across_layers(maker.graph, statistics, keep).convs[0].factors[1], 1.5 / 1.0015, 1e-5);
}

TEST(CubeRoot, OfNumbersOfEverySize) {
  EXPECT_EQ(cube_root(0), 0);
  EXPECT_DOUBLE_EQ(cube_root(27), 3);
  for (const double x : {1e-40, 3e-5, 0.125, 0.9999, 1.0, 7.5, 1e30}) EXPECT_DOUBLE_EQ(cube_root(x), std::cbrt(x));
}

}  // namespace
}  // namespace evenshift::compiler

#include "compiler/equalize/grid_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "compiler/equalize/shift_equalizer.h"
#include "tests/compiler/reference/graph_maker.h"

namespace evenshift::compiler {
namespace {

using testing::ElementsAre;

/// A dense layer with channels of the given sizes.
Conv layer_of(const std::vector<float>& sizes, std::uint32_t seed = 1, std::int64_t taps = 32) {
  GraphMaker maker(seed);
  Conv conv;
  conv.output_channels = static_cast<std::int64_t>(sizes.size());
  for (const float size : sizes)
    for (const float weight : maker.numbers(taps, size)) conv.weights.push_back(weight);
  conv.bias.assign(sizes.size(), 0);
  return conv;
}

double total(const Conv& conv, const WeightGrid& grid) {
  double sum = 0;
  for (std::size_t c = 0; c < conv.bias.size(); ++c) sum += weight_error(conv)(grid)[c];
  return sum;
}

TEST(RangeGrid, CoversEveryChannelOnEveryMachine) {
  const Conv conv = layer_of({1, 0.1F, 0.003F});
  const std::vector<double> ranges = channel_ranges(conv);
  for (const RequantScale scale : {RequantScale::layer, RequantScale::layer_with_channel_shift,
                                   RequantScale::channel_multiplier, RequantScale::channel_shift_only}) {
    const WeightGrid grid = range_grid(conv, {scale, 4, 8, 1.0});
    for (std::size_t c = 0; c < ranges.size(); ++c) EXPECT_GE(grid.limit(c) * (1 + 1e-12), ranges[c]);
  }
}

TEST(RangeGrid, WithoutShiftsIsLayerwise) {
  EXPECT_THAT(range_grid(layer_of({1, 0.1F}), {RequantScale::layer_with_channel_shift, 4, 8, 1}, false).shifts,
              ElementsAre(0, 0));
}

/// Among all shifts that the shifter has, none is better than the one that is chosen.
TEST(SearchedGrid, HasTheShiftOfLeastErrorOfAll) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    const Conv conv = layer_of({1, 0.3F, 0.05F, 0.002F}, seed);
    for (const int bits : {3, 4, 8}) {
      const WeightGrid grid =
          searched_grid(conv, {RequantScale::layer_with_channel_shift, 4, bits, 1}, weight_error(conv));
      for (std::size_t c = 0; c < 4; ++c) {
        const double chosen = weight_error(conv)(grid)[c];
        WeightGrid other = grid;
        for (other.shifts[c] = 0; other.shifts[c] < 16; ++other.shifts[c])
          EXPECT_GE(weight_error(conv)(other)[c], chosen) << "seed " << seed << ", " << bits << " bits, channel " << c;
      }
    }
  }
}

TEST(SearchedGrid, ClipsALonelyWeightWhereThatPays) {
  Conv conv = layer_of({1, 0.1F}, 3, 400);
  conv.weights[0] = 8;
  conv.weights[400] = 0.9F;  // alone above a crowd of 0.1
  const GridRequest request{RequantScale::layer_with_channel_shift, 4, 4, 1};
  const WeightGrid plain = range_grid(conv, request);
  const WeightGrid searched = searched_grid(conv, request, weight_error(conv));
  EXPECT_GT(searched.shifts[1], plain.shifts[1]);
  EXPECT_LT(searched.limit(1), 0.9);
  EXPECT_LT(total(conv, searched), total(conv, plain));
}

TEST(SearchedGrid, OfMultipliersIsNeverWorseThanTheirRange) {
  for (std::uint32_t seed = 1; seed <= 10; ++seed) {
    const Conv conv = layer_of({1, 0.3F, 0.05F}, seed);
    const GridRequest request{RequantScale::channel_multiplier, 0, 4, 1};
    EXPECT_LT(total(conv, searched_grid(conv, request, weight_error(conv))), total(conv, range_grid(conv, request)));
  }
}

TEST(JointGrid, MovesTheScaleOfTheLayerWhereThatPays) {
  // All channels a little above half of an octave: a smaller S_w serves all of them.
  Conv conv = layer_of({1, 0.55F, 0.27F, 0.14F}, 5, 64);
  const GridRequest request{RequantScale::layer_with_channel_shift, 4, 4, 1};
  const WeightGrid searched = searched_grid(conv, request, weight_error(conv));
  const WeightGrid joint = joint_grid(conv, request, weight_error(conv));
  EXPECT_LT(joint.layer_scale, searched.layer_scale);
  double before = 0;
  double after = 0;
  for (std::size_t c = 0; c < 4; ++c) {
    double energy = 0;
    for (std::size_t t = 0; t < 64; ++t) energy += std::pow(conv.weights[c * 64 + t], 2);
    before += weight_error(conv)(searched)[c] / energy;
    after += weight_error(conv)(joint)[c] / energy;
  }
  EXPECT_LT(after, before);
}

TEST(Grids, OfADeadChannelDoNotMatter) {
  const Conv conv = layer_of({1, 0});
  const GridRequest request{RequantScale::layer_with_channel_shift, 4, 8, 1};
  EXPECT_EQ(searched_grid(conv, request, weight_error(conv)).shifts[1], 0);
  EXPECT_EQ(joint_grid(conv, request, weight_error(conv)).shifts[1], 0);
}

}  // namespace
}  // namespace evenshift::compiler

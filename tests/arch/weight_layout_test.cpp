#include "arch/isa/weight_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace evenshift::isa {
namespace {

using testing::ElementsAre;

Conv conv_of(std::int64_t channels, std::int64_t inputs, std::int64_t outputs, std::int64_t kernel, std::int64_t bits) {
  Conv conv;
  conv.output_channels = channels;
  conv.inputs_per_group = inputs;
  conv.outputs_per_group = outputs;
  conv.kernel_height = kernel;
  conv.kernel_width = kernel;
  conv.weight_bits = bits;
  return conv;
}

TEST(ColumnBlocks, DoNotCrossAGroup) {
  EXPECT_THAT(column_blocks(conv_of(12, 2, 6, 1, 8), 4),
              ElementsAre(ColumnBlock{0, 4, 0}, ColumnBlock{4, 2, 8}, ColumnBlock{6, 4, 12}, ColumnBlock{10, 2, 20}));
}

TEST(ColumnBlocks, OfADepthwiseCommandRunOverAllChannels) {
  EXPECT_THAT(column_blocks(conv_of(10, 1, 1, 3, 8), 4),
              ElementsAre(ColumnBlock{0, 4, 0}, ColumnBlock{4, 4, 36}, ColumnBlock{8, 2, 72}));
}

TEST(PackWeights, ArrayOrderIsReductionThenColumn) {
  // Two channels, three reduction elements: w[c][r] = 10 c + r.
  const std::vector<std::int8_t> weights = {0, 1, 2, 10, 11, 12};
  EXPECT_THAT(pack_weights(conv_of(2, 3, 2, 1, 8), 16, weights), ElementsAre(0, 10, 1, 11, 2, 12));
}

TEST(PackWeights, OfFewBitsPutTheFirstLowest) {
  const std::vector<std::int8_t> weights = {1, -1, 7};
  EXPECT_THAT(pack_weights(conv_of(1, 3, 1, 1, 4), 16, weights), ElementsAre(0xf1, 0x07));
}

TEST(PackWeights, UnpacksToTheSame) {
  std::mt19937 random(4);
  for (int i = 0; i < 300; ++i) {
    const std::int64_t groups = 1 + random() % 3;
    const std::int64_t per_group = 1 + random() % 9;
    Conv conv = conv_of(groups * per_group, 1 + random() % 5, per_group, 1 + random() % 3, 2 + random() % 7);
    const std::int64_t mac_cols = 1 + random() % 8;
    std::vector<std::int8_t> weights(static_cast<std::size_t>(conv.output_channels * reduction_size(conv)));
    const int most = (1 << (conv.weight_bits - 1)) - 1;
    for (auto& w : weights) w = static_cast<std::int8_t>(static_cast<int>(random() % (2 * most + 1)) - most);
    const auto packed = pack_weights(conv, mac_cols, weights);
    ASSERT_EQ(static_cast<std::int64_t>(packed.size()), packed_weight_bytes(conv, mac_cols));
    ASSERT_EQ(unpack_weights(conv, mac_cols, packed), weights);
  }
}

TEST(ChannelScales, ReadBackForEveryRequantScale) {
  std::mt19937 random(9);
  Conv conv = conv_of(13, 1, 1, 1, 8);
  conv.multiplier = 0x60000000;
  conv.shift = 40;
  for (const auto scale : {RequantScale::layer, RequantScale::layer_with_channel_shift,
                           RequantScale::channel_shift_only, RequantScale::channel_multiplier})
    for (int shift_bits = 0; shift_bits <= 5; ++shift_bits)
      for (const int multiplier_bits : {8, 16, 31}) {
        NpuConfig::Requantizer requantizer;
        requantizer.requant_scale = scale;
        requantizer.shift_bits = shift_bits;
        requantizer.multiplier_bits = multiplier_bits;
        std::vector<ChannelScale> stored;
        std::vector<FixedPointScale> expected;
        for (int c = 0; c < 13; ++c) {
          const auto k = static_cast<std::int32_t>(random() % (1u << shift_bits));
          const auto n = static_cast<std::int32_t>(random() % 64);
          const auto m = static_cast<std::uint32_t>(random()) & ((1u << multiplier_bits) - 1);
          switch (scale) {
            case RequantScale::layer:
              stored.push_back({});
              expected.push_back({0x60000000, 40});
              break;
            case RequantScale::layer_with_channel_shift:
              stored.push_back({0, k});
              expected.push_back({0x60000000, total_shift(40, k)});
              break;
            case RequantScale::channel_shift_only:
              stored.push_back({1, n % 32});
              expected.push_back({1, n % 32});
              break;
            case RequantScale::channel_multiplier:
              stored.push_back({m, n});
              expected.push_back({m, n});
              break;
          }
        }
        const auto packed = pack_scales(requantizer, stored);
        ASSERT_EQ(static_cast<std::int64_t>(packed.size()), packed_scale_bytes(requantizer, 13));
        ASSERT_EQ(channel_scales(conv, requantizer, packed), expected);
      }
}

TEST(ChannelScales, OfZeroShiftBitsAreTheLayers) {
  NpuConfig::Requantizer requantizer;
  requantizer.shift_bits = 0;
  EXPECT_EQ(packed_scale_bytes(requantizer, 100), 0);
}

}  // namespace
}  // namespace evenshift::isa

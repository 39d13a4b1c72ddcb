#include "compiler/quantize/quantize_conv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "arch/base/error.h"
#include "compiler/equalize/grid_choice.h"

namespace evenshift::compiler {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::size_t kInputs = 16;

/// A dense layer whose channel c has weights up to `ranges[c]`.
Conv layer_of(const std::vector<double>& ranges, std::uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> unit(-1, 1);
  Conv conv;
  conv.output_channels = static_cast<std::int64_t>(ranges.size());
  for (const double range : ranges) {
    for (std::size_t i = 0; i < kInputs; ++i)
      conv.weights.push_back(static_cast<float>(i == 0 ? range : range * unit(random)));
    conv.bias.push_back(static_cast<float>(range * unit(random)));
  }
  return conv;
}

NpuConfig machine(RequantScale scale, std::int64_t shift_bits) {
  NpuConfig config;
  config.requantizer.requant_scale = scale;
  config.requantizer.shift_bits = shift_bits;
  return config;
}

/// The range grid for a machine.
ConvTarget target_of(const Conv& conv, const NpuConfig& config, int weight_bits = 8) {
  ConvTarget target{{0.02, -5, 8}, {0.1, 3, 8}, {}};
  target.plan.grid = range_grid(conv, grid_request(config, weight_bits, target.input, target.output));
  return target;
}

QuantizedConv quantized(const Conv& conv, const ConvTarget& target, const NpuConfig& config,
                        LayerReport* report = nullptr) {
  LayerReport own;
  return quantize_conv(conv, "layer", target, config, report != nullptr ? *report : own);
}

/// Code of output `c` for one input, from the integers alone.
std::int8_t output_code(const QuantizedConv& conv, const NpuConfig& config, const std::vector<std::int8_t>& input,
                        std::size_t c) {
  isa::Conv command;
  command.output_channels = static_cast<std::int64_t>(conv.bias.size());
  command.multiplier = conv.layer_scale.multiplier;
  command.shift = conv.layer_scale.shift;
  const auto scales =
      isa::channel_scales(command, config.requantizer, isa::pack_scales(config.requantizer, conv.channel_scales));
  std::int32_t acc = conv.bias[c];
  for (std::size_t i = 0; i < input.size(); ++i) acc += input[i] * conv.weights[c * input.size() + i];
  return requantize(acc, scales[c], conv.range, config.requantizer.rounding);
}

std::vector<std::int8_t> random_input(std::mt19937& random) {
  std::vector<std::int8_t> input(kInputs);
  for (auto& code : input) code = static_cast<std::int8_t>(random());
  return input;
}

/// Property 1 of docs/numerics.md.
TEST(QuantizeConv, OfZeroShiftBitsIsPlainLayerwise) {
  const Conv conv = layer_of({1, 0.1, 0.003, 5});
  const auto shifted = machine(RequantScale::layer_with_channel_shift, 0);
  const auto plain = machine(RequantScale::layer, 4);
  const QuantizedConv a = quantized(conv, target_of(conv, shifted), shifted);
  const QuantizedConv b = quantized(conv, target_of(conv, plain), plain);
  EXPECT_EQ(a.weights, b.weights);
  EXPECT_EQ(a.bias, b.bias);
  std::mt19937 random(1);
  for (int i = 0; i < 200; ++i) {
    const auto input = random_input(random);
    for (std::size_t c = 0; c < 4; ++c) ASSERT_EQ(output_code(a, shifted, input, c), output_code(b, plain, input, c));
  }
}

/// Property 2.
TEST(QuantizeConv, FiltersThatArePowersOfTwoApartGetTheSameIntegers) {
  Conv conv = layer_of({1, 1, 1, 1});
  for (std::size_t c = 1; c < 4; ++c)
    for (std::size_t i = 0; i < kInputs; ++i)
      conv.weights[c * kInputs + i] = std::ldexp(conv.weights[i], -static_cast<int>(3 * c));
  const QuantizedConv result = quantized(conv, target_of(conv, machine(RequantScale::layer_with_channel_shift, 4)),
                                         machine(RequantScale::layer_with_channel_shift, 4));
  for (std::size_t c = 1; c < 4; ++c) {
    EXPECT_TRUE(std::equal(result.weights.begin(), result.weights.begin() + kInputs,
                           result.weights.begin() + static_cast<std::ptrdiff_t>(c * kInputs)));
    EXPECT_EQ(result.channel_scales[c].shift, static_cast<int>(3 * c));
  }
}

/// Property 3.
TEST(QuantizeConv, ChannelMultipliersCanDoWhatShiftsDo) {
  const Conv conv = layer_of({1, 0.1, 0.003, 5});
  const auto shift_machine = machine(RequantScale::layer_with_channel_shift, 4);
  const auto multiplier_machine = machine(RequantScale::channel_multiplier, 4);
  const QuantizedConv by_shift = quantized(conv, target_of(conv, shift_machine), shift_machine);
  QuantizedConv by_multiplier = by_shift;
  for (auto& scale : by_multiplier.channel_scales)
    scale = {by_shift.layer_scale.multiplier, total_shift(by_shift.layer_scale.shift, scale.shift)};
  std::mt19937 random(3);
  for (int i = 0; i < 500; ++i) {
    const auto input = random_input(random);
    for (std::size_t c = 0; c < 4; ++c)
      ASSERT_EQ(output_code(by_shift, shift_machine, input, c),
                output_code(by_multiplier, multiplier_machine, input, c));
  }
}

TEST(QuantizeConv, OutputsAreTheRealOnesToTheLastCode) {
  const Conv conv = layer_of({1, 0.1, 0.003, 5});
  std::mt19937 random(4);
  for (const auto scale :
       {RequantScale::layer_with_channel_shift, RequantScale::channel_multiplier, RequantScale::channel_shift_only}) {
    const auto config = machine(scale, 4);
    const ConvTarget target = target_of(conv, config);
    const QuantizedConv result = quantized(conv, target, config);
    for (int n = 0; n < 300; ++n) {
      const auto input = random_input(random);
      for (std::size_t c = 0; c < 4; ++c) {
        double real = conv.bias[c];
        for (std::size_t i = 0; i < kInputs; ++i)
          real += dequantize(input[i], target.input) * conv.weights[c * kInputs + i];
        ASSERT_NEAR(output_code(result, config, input, c), quantize(real, target.output),
                    scale == RequantScale::channel_shift_only ? 6 : 4)
            << to_string(scale) << " channel " << c;
      }
    }
  }
}

TEST(QuantizeConv, ShiftsRaiseTheSmallChannelsSqnr) {
  const Conv conv = layer_of({1, 0.01, 0.01, 0.01, 0.002, 0.002});
  LayerReport report;
  quantized(conv, target_of(conv, machine(RequantScale::layer_with_channel_shift, 4)),
            machine(RequantScale::layer_with_channel_shift, 4), &report);
  EXPECT_THAT(report.shift_histogram, ElementsAre(1, 0, 0, 0, 0, 0, 3, 0, 2, 0, 0, 0, 0, 0, 0, 0));
  EXPECT_NEAR(report.min_range_ratio_before, 0.002, 1e-6);
  EXPECT_GT(report.min_range_ratio_after, 0.5);
  EXPECT_GE(report.weight_sqnr_db_after, report.weight_sqnr_db_before);
  EXPECT_EQ(report.dead_channels, 0);
  EXPECT_THAT(report.lowered_channels, IsEmpty());
}

/// The bound that must hold, recomputed in 64 bits.
void expect_no_overflow(const QuantizedConv& conv, std::int64_t accumulator_bits) {
  const std::int64_t limit = (std::int64_t{1} << (accumulator_bits - 1)) - 1;
  for (std::size_t c = 0; c < conv.bias.size(); ++c) {
    std::int64_t sum = std::abs(static_cast<std::int64_t>(conv.bias[c]));
    for (std::size_t i = 0; i < kInputs; ++i) sum += 128 * std::abs(conv.weights[c * kInputs + i]);
    EXPECT_LE(sum, limit) << "channel " << c;
  }
}

TEST(QuantizeConv, LowersAChannelWhoseBiasWouldOverflow) {
  Conv conv = layer_of({1, 0.0001});
  conv.bias[1] = 1000;  // / (0.02 · 1 / 127) · 2^13 is above 2^31
  LayerReport report;
  const QuantizedConv result = quantized(conv, target_of(conv, machine(RequantScale::layer_with_channel_shift, 4)),
                                         machine(RequantScale::layer_with_channel_shift, 4), &report);
  EXPECT_THAT(report.lowered_channels, ElementsAre(1));
  EXPECT_EQ(report.scale_raised, 1);
  EXPECT_LT(result.channel_scales[1].shift, 13);
  EXPECT_GT(result.channel_scales[1].shift, 0);
  expect_no_overflow(result, 32);
}

TEST(QuantizeConv, RaisesTheScaleWhereLoweringIsNotEnough) {
  for (const auto scale :
       {RequantScale::layer, RequantScale::layer_with_channel_shift, RequantScale::channel_multiplier}) {
    Conv conv = layer_of({1e-9, 1e-9});
    conv.bias = {1, -1};
    LayerReport report;
    const QuantizedConv result = quantized(conv, target_of(conv, machine(scale, 4)), machine(scale, 4), &report);
    EXPECT_TRUE(report.scale_raised > 1 || report.lowered_channels.size() == 2) << to_string(scale);
    expect_no_overflow(result, 32);
    EXPECT_EQ(output_code(result, machine(scale, 4), std::vector<std::int8_t>(kInputs, -5), 0),
              quantize(1.0, {0.1, 3, 8}));
  }
}

TEST(QuantizeConv, ProvesNarrowAccumulators) {
  const Conv conv = layer_of({1, 0.5, 0.01});
  auto config = machine(RequantScale::layer_with_channel_shift, 4);
  config.conv_core.accumulator_bits = 16;
  const QuantizedConv result = quantized(conv, target_of(conv, config), config);
  expect_no_overflow(result, 16);
  EXPECT_THAT(result.weights, testing::Contains(testing::Ne(0)));
}

TEST(QuantizeConv, KeepsWeightsInsideTheirBits) {
  const Conv conv = layer_of({1, 0.3});
  for (int bits = 2; bits <= 8; ++bits) {
    const NpuConfig config = machine(RequantScale::layer_with_channel_shift, 4);
    const QuantizedConv result = quantized(conv, target_of(conv, config, bits), config);
    EXPECT_THAT(result.weights,
                Each(testing::AllOf(testing::Ge(-max_weight_code(bits)), testing::Le(max_weight_code(bits)))));
    EXPECT_EQ(result.weights[0], max_weight_code(bits)) << "the largest weight has the largest code";
  }
}

TEST(QuantizeConv, OfADeadLayerIsItsBias) {
  Conv conv = layer_of({0, 0});
  conv.bias = {0.5F, -0.3F};
  LayerReport report;
  const auto config = machine(RequantScale::layer_with_channel_shift, 4);
  const QuantizedConv result = quantized(conv, target_of(conv, config), config, &report);
  EXPECT_EQ(report.dead_channels, 2);
  EXPECT_EQ(output_code(result, config, std::vector<std::int8_t>(kInputs, 100), 0), quantize(0.5, {0.1, 3, 8}));
}

TEST(QuantizeConv, ClipsAndReportsWhatAShiftAloneCannotCarry) {
  const Conv conv = layer_of({1000, 1});
  LayerReport report;
  quantized(conv, target_of(conv, machine(RequantScale::channel_shift_only, 4)),
            machine(RequantScale::channel_shift_only, 4), &report);
  EXPECT_THAT(report.clipped_channels, ElementsAre(0));
}

TEST(OutputRange, HoldsTheFusedActivation) {
  const QuantParams params{6.0 / 255, -128, 8};
  EXPECT_EQ(output_range({0, 6}, params), (OutputRange{-128, -128, 127}));
  const QuantParams wide{0.1, 0, 8};
  EXPECT_EQ(output_range({0, 6}, wide), (OutputRange{0, 0, 60}));
  EXPECT_EQ(output_range({}, wide), (OutputRange{0, -128, 127}));
}

}  // namespace
}  // namespace evenshift::compiler

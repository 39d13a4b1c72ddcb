#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <thread>

#include "arch/isa/weight_layout.h"
#include "arch/numerics/high_word_scale.h"
#include "sim/functional/functional_executor.h"
#include "tests/support/golden_executor.h"
#include "tests/support/image_builder.h"
#include "tests/support/random_image.h"
#include "tests/support/random_source.h"

namespace evenshift::sim {
namespace {

using support::GoldenExecutor;
using support::ImageBuilder;
using support::RandomSource;
using support::Region;

/// A 1 × 1 convolution whose weights are zero: the accumulators are the biases.
image::Image requantization_image(const NpuConfig& config, isa::Conv conv,
                                  const std::vector<std::int32_t>& accumulators,
                                  const std::vector<isa::ChannelScale>& scales) {
  ImageBuilder builder(config);
  const std::int64_t input = builder.add_tensor(1, 3, 1, {});
  const auto channels = static_cast<std::int64_t>(accumulators.size());
  builder.begin_layer("conv", {input});
  const std::int64_t output = builder.add_tensor(1, 3, channels, {});
  conv.output_channels = conv.outputs_per_group = channels;
  conv.input_width = conv.output_width = 3;
  conv.input_pixel_stride = 1;
  conv.input_row_stride = 3;
  conv.output_pixel_stride = channels;
  conv.output_row_stride = 3 * channels;
  std::vector<std::uint8_t> biases;
  for (const auto accumulator : accumulators)
    for (int i = 0; i < 4; ++i)
      biases.push_back(static_cast<std::uint8_t>(static_cast<std::uint32_t>(accumulator) >> (8 * i)));
  std::int64_t address = 16;
  const auto place = [&](Region region, const std::vector<std::uint8_t>& bytes) {
    const std::int64_t here = address;
    const auto size = static_cast<std::int64_t>(bytes.size());
    if (size > 0) builder.load_constant(region, builder.add_constant(region, bytes), size, here);
    address += size;
    return here;
  };
  conv.weight_address = place(Region::weights, std::vector<std::uint8_t>(static_cast<std::size_t>(channels)));
  conv.bias_address = place(Region::biases, biases);
  conv.scale_address = place(Region::scales, isa::pack_scales(config.requantizer, scales));
  conv.output_address = address;
  builder.load_tile(input, {0, 0, 0, 1, 3, 1, 0, 3, 1});
  builder.emit(conv);
  builder.store_tile(output, {0, 0, 0, 1, 3, channels, conv.output_address, 3 * channels, channels});
  return builder.finish();
}

std::int32_t edge_accumulator(RandomSource& random, isa::ChannelScale scale) {
  const std::int64_t any = random.in(INT32_MIN, INT32_MAX);
  switch (random.in(0, 4)) {
    case 0:
      return random.of<std::int32_t>({INT32_MIN, INT32_MIN + 1, INT32_MAX, INT32_MAX - 1, -1, 0, 1, 2, -2});
    case 1:
      return static_cast<std::int32_t>(any >> random.in(0, 31));
    case 2:
      return static_cast<std::int32_t>((any >> 16) * 65536);
    default: {
      // Beside a tie of the rounding: acc · M is near an odd multiple of 2^(s-1).
      if (scale.multiplier == 0 || scale.shift == 0) return static_cast<std::int32_t>(any);
      const double tie = (static_cast<double>(random.in(-140, 140)) + 0.5) * std::exp2(scale.shift) / scale.multiplier;
      if (!(std::abs(tie) < 2e9)) return static_cast<std::int32_t>(any);
      return static_cast<std::int32_t>(std::llround(tie) + random.in(-2, 2));
    }
  }
}

class FunctionalEdgesTest : public testing::TestWithParam<InstructionSet> {
 protected:
  void SetUp() override {
    if (!is_supported(GetParam())) GTEST_SKIP() << "this machine does not support " << to_string(GetParam());
  }
  static void expect_golden(const image::Image& image, std::uint64_t seed) {
    GoldenExecutor golden;
    golden.load(image);
    FunctionalExecutor functional(GetParam());
    functional.load(image);
    const auto inputs = support::random_inputs(image, seed);
    ASSERT_EQ(functional.run(inputs), golden.run(inputs)) << "seed " << seed;
  }
};

TEST_P(FunctionalEdgesTest, RequantizesEdgesAndTiesAsTheDefinition) {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    RandomSource random(seed);
    NpuConfig config;
    config.scratchpad.size_bytes = 4096;  // a shadow of it is made for every image
    config.requantizer.requant_scale = RequantScale::channel_multiplier;
    config.requantizer.rounding = static_cast<RoundingMode>(seed % kRoundingModeNames.size());
    const bool one_form = seed % 2 == 0;  // every channel in high_word_scale's range
    std::vector<isa::ChannelScale> scales;
    std::vector<std::int32_t> accumulators;
    for (std::int64_t c = random.in(1, 100); c > 0; --c) {
      isa::ChannelScale scale;
      const std::int64_t least = config.requantizer.rounding == RoundingMode::tflite_double || one_form ? 1 << 30 : 0;
      scale.multiplier = random.one_in(8)   ? static_cast<std::uint32_t>(least)
                         : random.one_in(7) ? (1u << 31) - 1
                                            : static_cast<std::uint32_t>(random.in(least, (std::int64_t{1} << 31) - 1));
      scale.shift = static_cast<std::int32_t>(one_form ? random.in(32, 54) : random.in(0, kMaxShift));
      scales.push_back(scale);
      accumulators.push_back(edge_accumulator(random, scale));
    }
    isa::Conv conv;
    conv.output_zero_point = random.of<std::int64_t>({-128, -1, 0, 5, 127});
    conv.clamp_low = random.of<std::int64_t>({-128, -128, conv.output_zero_point, 0});
    conv.clamp_high = random.of<std::int64_t>({127, 127, std::max<std::int64_t>(conv.clamp_low, 6)});
    expect_golden(requantization_image(config, conv, accumulators, scales), seed);
    if (HasFatalFailure()) return;
  }
}

TEST(HighWordScale, HoldsWhereItIsGiven) {
  int given = 0, beyond = 0;
  for (std::uint64_t seed = 0; seed < 200000; ++seed) {
    RandomSource random(seed);
    const RoundingMode mode = random.one_in(2) ? RoundingMode::half_up : RoundingMode::truncate;
    const FixedPointScale scale{
        static_cast<std::uint32_t>(random.in(0, (std::int64_t{1} << 31) - 1) >> random.in(0, 30)),
        static_cast<int>(random.in(0, kMaxShift))};
    const OutputRange range{static_cast<std::int32_t>(random.in(-128, 127)), -128, 127};
    const std::int64_t bound = random.one_in(2) ? kAnyAccumulator : random.in(0, kAnyAccumulator >> random.in(0, 31));
    const auto form = high_word_scale(scale, range.zero_point, mode, bound);
    if (!form) continue;
    ++given;
    beyond += scale.shift > 54 ? 1 : 0;
    const std::int64_t edge = edge_accumulator(random, {scale.multiplier, static_cast<std::int32_t>(scale.shift)});
    const auto acc = static_cast<std::int32_t>(clamp_to(random.one_in(4) ? (edge < 0 ? -bound : bound) : edge,
                                                        std::max<std::int64_t>(-bound, INT32_MIN),
                                                        std::min<std::int64_t>(bound, INT32_MAX)));
    ASSERT_EQ(requantize(acc, *form, range.low, range.high), requantize(acc, scale, range, mode))
        << acc << " · " << scale.multiplier << " >> " << scale.shift << ", bound " << bound;
  }
  EXPECT_GT(beyond, 1000);  // shifts that need the bound
  EXPECT_GT(given, 50000);
}

/// Kernels whose taps lie so far apart that no tile with its padding could be built.
TEST_P(FunctionalEdgesTest, HugeDilationAndPadding) {
  for (const bool depthwise : {false, true}) {
    ImageBuilder builder(NpuConfig{});
    const std::int64_t input = builder.add_tensor(3, 3, 6, {1.0, 7, 8});
    builder.begin_layer("conv", {input});
    const std::int64_t output = builder.add_tensor(4, 3, 6, {});
    isa::Conv conv;
    conv.output_channels = 6;
    conv.inputs_per_group = depthwise ? 1 : 6;
    conv.outputs_per_group = depthwise ? 1 : 6;
    conv.input_height = conv.input_width = 3;
    conv.input_pixel_stride = conv.output_pixel_stride = 6;
    conv.input_row_stride = conv.output_row_stride = 18;
    conv.output_height = 4;
    conv.output_width = 3;
    conv.kernel_height = 3;
    conv.kernel_width = 2;
    conv.dilation_height = conv.dilation_width = 4095;
    conv.stride_height = conv.stride_width = 4000;
    conv.pad_top = 4094;
    conv.pad_left = 4095;
    conv.pad_value = 7;
    conv.multiplier = 1 << 30;
    conv.shift = 38;
    conv.weight_address = 1024;
    conv.output_address = 20;  // over the input
    std::vector<std::int8_t> weights;
    RandomSource random(1);
    for (std::int64_t i = 0; i < 6 * isa::reduction_size(conv); ++i)
      weights.push_back(static_cast<std::int8_t>(random.in(-127, 127)));
    const auto packed = isa::pack_weights(conv, builder.config().conv_core.mac_cols, weights);
    const auto size = static_cast<std::int64_t>(packed.size());
    conv.bias_address = conv.scale_address = conv.weight_address + size;
    builder.load_constant(Region::weights, builder.add_constant(Region::weights, packed), size, conv.weight_address);
    builder.load_constant(Region::biases, builder.add_constant(Region::biases, std::vector<std::uint8_t>(24)), 24,
                          conv.bias_address);
    builder.load_tile(input, {0, 0, 0, 3, 3, 6, 0, 18, 6});
    builder.emit(conv);
    builder.store_tile(output, {0, 0, 0, 4, 3, 6, conv.output_address, 18, 6});
    expect_golden(builder.finish(), 1);
  }
}

TEST_P(FunctionalEdgesTest, RefusesAnAccumulatorThatDoesNotFit) {
  NpuConfig config;
  config.conv_core.accumulator_bits = 20;
  isa::Conv conv;
  conv.multiplier = 1 << 30;
  conv.shift = 40;
  const std::int32_t limit = (1 << 19) - 1;
  expect_golden(requantization_image(config, conv, {limit, -limit - 1}, {{}, {}}), 1);
  const auto image = requantization_image(config, conv, {limit + 1, 0}, {{}, {}});
  FunctionalExecutor functional(GetParam());
  functional.load(image);
  EXPECT_THROW(functional.run(support::random_inputs(image, 1)), InternalError);
}

TEST_P(FunctionalEdgesTest, ThreadsShareAProgram) {
  const auto image = support::random_image({.seed = 5});
  GoldenExecutor golden;
  golden.load(image);
  const auto program = Program::build(image, GetParam());
  std::vector<std::vector<TensorCodes>> expected(4), actual(4);
  for (std::size_t t = 0; t < expected.size(); ++t) expected[t] = golden.run(support::random_inputs(image, t));
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < actual.size(); ++t)
    threads.emplace_back([&, t] {
      FunctionalExecutor executor(program);
      for (int i = 0; i < 50; ++i) actual[t] = executor.run(support::random_inputs(image, t));
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(actual, expected);
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, FunctionalEdgesTest,
                         testing::Values(InstructionSet::generic, InstructionSet::avx2, InstructionSet::avx512_vnni,
                                         InstructionSet::avx512_amx),
                         [](const auto& tested) { return std::string(to_string(tested.param)); });

/// Sets an environment variable for as long as it lives.
class Environment {
 public:
  explicit Environment(const char* value) { setenv("EVENSHIFT_ISA", value, 1); }
  ~Environment() { unsetenv("EVENSHIFT_ISA"); }
};

TEST(InstructionSetTest, EnvironmentChooses) {
  const Environment environment("generic");
  EXPECT_EQ(default_instruction_set(), InstructionSet::generic);
}

TEST(InstructionSetTest, FastestWithoutEnvironment) {
  unsetenv("EVENSHIFT_ISA");
  EXPECT_EQ(default_instruction_set(), supported_instruction_sets().back());
}

TEST(InstructionSetTest, RefusesAnUnknownName) {
  const Environment environment("neon");
  try {
    default_instruction_set();
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "EVENSHIFT_ISA: neon is no instruction set; generic, avx2, avx512_vnni, avx512_amx can be");
  }
}

}  // namespace
}  // namespace evenshift::sim

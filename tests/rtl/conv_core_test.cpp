#include <Vevenshift_fixed_core.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <tuple>

#include "arch/base/error.h"
#include "arch/datapath/golden_conv_core.h"
#include "arch/isa/footprint.h"
#include "rtl/cosim/rtl_conv_core.h"
#include "rtl/cosim/verilated_core.h"
#include "tests/rtl/random_conv.h"
#include "tests/support/error_of.h"

namespace evenshift::datapath {

void PrintTo(const ConvActivity& a, std::ostream* out) {
  *out << fmt::format("{{cycles {} macs {} weight_stall {} requant_stall {} clamped_low {} clamped_high {}}}", a.cycles,
                      a.macs, a.weight_stall_cycles, a.requant_stall_cycles, a.clamped_low, a.clamped_high);
}

}  // namespace evenshift::datapath

namespace evenshift::rtl {
namespace {

using support::error_of;

using Accumulators = std::map<std::tuple<std::int64_t, std::int64_t, std::int64_t>, std::int32_t>;

struct Run {
  std::vector<std::uint8_t> scratchpad;
  Accumulators accumulators;
  std::vector<datapath::ConvActivity> activities;
};

Run run(const ConvCommands& test, datapath::ConvCore& core) {
  Run result;
  result.scratchpad = test.scratchpad;
  core.configure(test.config);
  for (const isa::Conv& conv : test.commands)
    result.activities.push_back(core.execute(conv, result.scratchpad, [&](auto y, auto x, auto c, std::int32_t value) {
      EXPECT_TRUE(result.accumulators.emplace(std::tuple(y, x, c), value).second) << "accumulator observed twice";
    }));
  return result;
}

std::string describe(const ConvCommands& test) {
  std::string text = to_yaml(test.config);
  for (const isa::Conv& conv : test.commands) {
    isa::for_each_field<isa::Conv>(
        [&](const auto& field) { text += fmt::format("{}={} ", field.name, conv.*field.member); });
    text += '\n';
  }
  return text;
}

void compare(const ConvCommands& test, datapath::ConvCore& rtl) {
  for (const isa::Conv& conv : test.commands)
    ASSERT_EQ(isa::command_fault(conv, test.config, 0), std::nullopt) << describe(test);
  datapath::GoldenConvCore golden_core;
  const Run golden = run(test, golden_core);
  const Run mine = run(test, rtl);
  ASSERT_TRUE(mine.accumulators == golden.accumulators) << describe(test);
  ASSERT_TRUE(mine.scratchpad == golden.scratchpad) << describe(test);
  ASSERT_THAT(mine.activities, ::testing::ElementsAreArray(golden.activities)) << describe(test);
}

class ConvCoreOfSize : public ::testing::TestWithParam<std::int64_t> {};

TEST_P(ConvCoreOfSize, EqualsGoldenOnRandomCommands) {
  // One object for all of them: every command comes after a reconfiguration.
  const auto rtl = make_rtl_conv_core();
  std::mt19937 random(static_cast<std::uint32_t>(1000 + GetParam()));
  for (int i = 0; i < (GetParam() < 32 ? 320 : 60); ++i) {
    compare(random_conv_commands(random, GetParam()), *rtl);
    if (HasFatalFailure()) FAIL() << "in command chain " << i;
  }
}

/// The Verilated core whose parameters are those of one machine.
class FixedCore : public datapath::ConvCore {
 public:
  void configure(const NpuConfig& config) override { core_.reset(config); }
  datapath::ConvActivity execute(const isa::Conv& conv, std::span<std::uint8_t> scratchpad,
                                 const datapath::AccumulatorObserver& observer) override {
    return core_.run(conv, scratchpad, observer);
  }

 private:
  VerilatedCore<Vevenshift_fixed_core, 4> core_;
};

TEST(FixedCore, EqualsGoldenOnRandomCommands) {
  FixedCore rtl;
  std::mt19937 random(42);
  int compared = 0;
  while (compared < 100) {
    ConvCommands test = random_conv_commands(random, 4);
    auto& requantizer = test.config.requantizer;
    if (test.config.conv_core.accumulator_entries > 48 || requantizer.shift_bits != 4 ||
        requantizer.requant_scale != RequantScale::layer_with_channel_shift)
      continue;
    test.config.conv_core.requant_lanes = 2;
    requantizer.rounding = RoundingMode::half_up;
    compare(test, rtl);
    if (HasFatalFailure()) FAIL() << "in command chain " << compared;
    ++compared;
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, ConvCoreOfSize, ::testing::Values(4, 8, 16, 32));

NpuConfig config_of_size(std::int64_t rows, std::int64_t cols) {
  NpuConfig config;
  config.conv_core.mac_rows = rows;
  config.conv_core.mac_cols = cols;
  return config;
}

TEST(RtlConvCore, NamesTheSizesThatWereBuilt) {
  const auto rtl = make_rtl_conv_core();
  EXPECT_EQ(error_of([&] { rtl->configure(config_of_size(16, 12)); }),
            "conv_core.mac_rows x mac_cols: the RTL is not built as 16 x 12, only as 4 x 4, 8 x 8, 16 x 16, 32 x 32");
}

TEST(RtlConvCore, NamesTheLimitOfItsAccumulators) {
  const auto rtl = make_rtl_conv_core();
  NpuConfig config = config_of_size(4, 4);
  config.conv_core.accumulator_entries = 4096;
  rtl->configure(config);
  config.conv_core.accumulator_entries = 4097;
  EXPECT_EQ(error_of([&] { rtl->configure(config); }),
            "conv_core.accumulator_entries: 4097 is more than the 4096 that the RTL is built with");
}

TEST(RtlConvCore, KeepsItsConfigurationWhenItRefusesAnother) {
  const auto rtl = make_rtl_conv_core();
  std::mt19937 random(7);
  ConvCommands test = random_conv_commands(random, 4);
  test.commands.resize(1);
  test.commands[0].finishes = 1;
  rtl->configure(test.config);
  EXPECT_NE(error_of([&] { rtl->configure(config_of_size(5, 5)); }), "no error");
  datapath::GoldenConvCore golden;
  golden.configure(test.config);
  auto expected = test.scratchpad;
  auto scratchpad = test.scratchpad;
  EXPECT_EQ(rtl->execute(test.commands[0], scratchpad), golden.execute(test.commands[0], expected));
  EXPECT_EQ(scratchpad, expected);
}

/// One output of a dense layer whose accumulator is `bias`, on a machine with accumulators of 16 bits.
ConvCommands single_output(std::int32_t bias) {
  ConvCommands test;
  test.config = config_of_size(4, 4);
  test.config.conv_core.accumulator_bits = 16;
  isa::Conv conv;
  conv.inputs_per_group = conv.input_pixel_stride = conv.input_row_stride = 2;
  conv.output_pixel_stride = conv.output_row_stride = 1;
  conv.weight_address = 4;
  conv.bias_address = 8;
  conv.scale_address = 12;
  conv.output_address = 16;
  conv.multiplier = 1 << 30;
  conv.shift = 38;
  test.commands = {conv};
  test.scratchpad.resize(20);
  for (int i = 0; i < 4; ++i)
    test.scratchpad[static_cast<std::size_t>(8 + i)] =
        static_cast<std::uint8_t>(static_cast<std::uint32_t>(bias) >> (8 * i));
  return test;
}

TEST(RtlConvCore, AccumulatorMustFitItsBits) {
  const auto rtl = make_rtl_conv_core();
  for (const std::int32_t bias : {-32768, 32767}) {
    EXPECT_NO_THROW(run(single_output(bias), *rtl)) << bias;
    EXPECT_THROW(run(single_output(bias < 0 ? bias - 1 : bias + 1), *rtl), InternalError) << bias;
  }
}

TEST(RtlConvCore, RunsOnAfterACommandThatFailed) {
  const auto rtl = make_rtl_conv_core();
  ConvCommands bad = single_output(40000);
  rtl->configure(bad.config);
  EXPECT_THROW(rtl->execute(bad.commands[0], bad.scratchpad), InternalError);
  ConvCommands good = single_output(30000);
  rtl->execute(good.commands[0], good.scratchpad);
  EXPECT_EQ(good.scratchpad[16], 30000 >> 8);  // M · 2^-n is 2^-8
}

TEST(RtlConvCore, ContinuingNeedsTheAccumulatorsOfTheCommandBefore) {
  const auto rtl = make_rtl_conv_core();
  ConvCommands test = single_output(5);
  test.commands[0].continues = 1;
  EXPECT_THROW(run(test, *rtl), InternalError);
}

/// The machine and the layers of docs/timing.md's examples, on this core.
TEST(RtlConvCore, CyclesOfTheExamples) {
  const auto rtl = make_rtl_conv_core();
  rtl->configure(NpuConfig{});
  const auto cycles = [&](std::int64_t inputs, std::int64_t outputs, std::int64_t kernel, std::int64_t height,
                          std::int64_t width) {
    isa::Conv conv;
    const std::int64_t channels = inputs == 1 ? outputs : inputs;
    conv.inputs_per_group = inputs;
    conv.outputs_per_group = inputs == 1 ? 1 : outputs;
    conv.output_channels = conv.output_pixel_stride = outputs;
    conv.kernel_height = conv.kernel_width = kernel;
    conv.output_height = height;
    conv.output_width = width;
    conv.input_height = height + kernel - 1;
    conv.input_width = width + kernel - 1;
    conv.input_pixel_stride = channels;
    conv.input_row_stride = conv.input_width * channels;
    conv.output_row_stride = width * outputs;
    std::vector<std::uint8_t> scratchpad(1 << 18);
    return rtl->execute(conv, scratchpad).cycles;
  };
  EXPECT_EQ(cycles(32, 64, 1, 14, 14), 1787);
  EXPECT_EQ(cycles(64, 16, 1, 1, 1), 73);
  EXPECT_EQ(cycles(3, 16, 3, 16, 16), 1040);
  EXPECT_EQ(cycles(1, 16, 3, 16, 16), 544);
  EXPECT_EQ(cycles(16, 16, 1, 27, 19), 1048);
  EXPECT_EQ(cycles(16, 16, 1, 16, 32), 1047);
}

}  // namespace
}  // namespace evenshift::rtl

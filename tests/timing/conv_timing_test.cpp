#include "arch/datapath/conv_timing.h"

#include <gtest/gtest.h>

// docs/timing.md, "Conv", rule by rule. The machine is written out: 16 x 16, 512 accumulator entries, 16 requantizer
// lanes, 6 pipeline cycles, 128 bytes of scratchpad a cycle.
namespace evenshift::datapath {
namespace {

struct Machine : NpuConfig {
  Machine() {
    conv_core = {.mac_rows = 16,
                 .mac_cols = 16,
                 .accumulator_bits = 32,
                 .accumulator_entries = 512,
                 .requant_lanes = 16,
                 .pipeline_cycles = 6};
    scratchpad = {.size_bytes = 262144, .banks = 8, .bytes_per_bank_per_cycle = 16};
  }
};

/// height x width positions, `inputs` to `outputs` channels in one group, kernel 1 x 1, pixels touching.
isa::Conv dense(std::int64_t inputs, std::int64_t outputs, std::int64_t height, std::int64_t width) {
  isa::Conv conv;
  conv.input_height = conv.output_height = height;
  conv.input_width = conv.output_width = width;
  conv.inputs_per_group = conv.input_pixel_stride = inputs;
  conv.output_channels = conv.outputs_per_group = outputs;
  return conv;
}

isa::Conv depthwise(std::int64_t channels, std::int64_t kernel, std::int64_t height, std::int64_t width) {
  isa::Conv conv = dense(1, channels, height, width);
  conv.outputs_per_group = 1;
  conv.input_pixel_stride = channels;
  conv.kernel_height = conv.kernel_width = kernel;
  return conv;
}

std::int64_t cycles(const isa::Conv& conv, const NpuConfig& config = Machine()) {
  return conv_timing(conv, config).cycles;
}

TEST(ConvTiming, ExamplesOfTheDocument) {
  EXPECT_EQ(cycles(dense(32, 64, 14, 14)), 1787);
  EXPECT_EQ(cycles(dense(64, 16, 1, 1)), 73);
  isa::Conv first = dense(3, 16, 16, 16);
  first.kernel_height = first.kernel_width = 3;
  EXPECT_EQ(cycles(first), 1040);
  EXPECT_EQ(cycles(depthwise(16, 3, 16, 16)), 544);
  EXPECT_EQ(cycles(dense(16, 16, 1, 512)), 1047);
  EXPECT_EQ(cycles(dense(16, 16, 1, 513)), 1048);
}

TEST(ConvTiming, ReductionBeyondTheRowsTakesAnotherPass) {
  // One pass streams 100 positions, two stream 200.
  EXPECT_EQ(cycles(dense(16, 16, 10, 10)), 17 + 100 + 100 + 6);
  EXPECT_EQ(cycles(dense(17, 16, 10, 10)), 17 + 200 + 100 + 6);
  EXPECT_EQ(cycles(dense(15, 16, 10, 10)), 16 + 100 + 100 + 6);  // one row less to load at the start
}

TEST(ConvTiming, ChannelsBeyondTheColumnsTakeAnotherBlock) {
  EXPECT_EQ(cycles(dense(16, 16, 10, 10)), 223);
  EXPECT_EQ(cycles(dense(16, 17, 10, 10)), 17 + 200 + 100 + 6);  // the first block drains behind the second
}

TEST(ConvTiming, GroupsDoNotShareTheArray) {
  isa::Conv grouped = dense(8, 16, 10, 10);
  grouped.outputs_per_group = 8;
  grouped.input_pixel_stride = 16;
  EXPECT_EQ(cycles(grouped), 9 + 100 + 100 + 100 + 6);  // two blocks of 8 x 8
}

TEST(ConvTiming, TouchingPixelsMakeAKernelRowOneRun) {
  isa::Conv conv = dense(5, 16, 10, 10);
  conv.kernel_width = 3;
  EXPECT_EQ(cycles(conv), 16 + 100 + 100 + 6);  // a run of 15
  conv.input_pixel_stride = 6;
  EXPECT_EQ(cycles(conv), 6 + 300 + 100 + 6);  // three runs of 5
  conv.input_pixel_stride = 5;
  conv.dilation_width = 2;
  EXPECT_EQ(cycles(conv), 6 + 300 + 100 + 6);
}

TEST(ConvTiming, WeightsHideBehindAStreamAsLongAsTheirLoad) {
  // Two passes of 16 rows: the second load takes 16 cycles.
  const auto at = [](std::int64_t positions) { return conv_timing(dense(32, 16, 1, positions), Machine()); };
  EXPECT_EQ(at(16).weight_stall_cycles, 17);
  EXPECT_EQ(at(15).weight_stall_cycles, 17 + 1);
  EXPECT_EQ(at(16).cycles, 17 + 16 + 16 + 16 + 6);
  EXPECT_EQ(at(15).cycles, 17 + 16 + 15 + 15 + 6);
}

TEST(ConvTiming, ParametersOfABlockTakeALoadCycle) {
  // The second block's load is 17 cycles, with its biases and scales; that of a second pass is 16.
  EXPECT_EQ(conv_timing(dense(16, 32, 1, 16), Machine()).weight_stall_cycles, 17 + 1);
  EXPECT_EQ(conv_timing(dense(16, 32, 1, 17), Machine()).weight_stall_cycles, 17);
  EXPECT_EQ(conv_timing(dense(32, 16, 1, 16), Machine()).weight_stall_cycles, 17);
}

TEST(ConvTiming, AStripeMoreThanTheAccumulatorsHoldReloadsTheWeights) {
  NpuConfig config = Machine();
  config.conv_core.accumulator_entries = 8;
  // 8 positions are one stripe: two passes of 8, the second waits until 16. 9 are two stripes, with four passes, each
  // waiting for its 16 rows.
  EXPECT_EQ(cycles(dense(32, 16, 1, 8), config), 17 + 16 + 8 + 8 + 6);
  EXPECT_EQ(cycles(dense(32, 16, 1, 9), config), 17 + 16 + 16 + 16 + 1 + 1 + 6);
}

TEST(ConvTiming, RequantizerSlowerThanTheArrayHoldsUpTheSecondNextStripe) {
  NpuConfig config = Machine();
  config.conv_core.accumulator_entries = 100;
  config.conv_core.requant_lanes = 4;  // a position drains in 4 cycles
  // Two stripes: the array never waits. It ends at 17 + 200; drains end at 117 + 400 and 917.
  const ConvActivity two = conv_timing(dense(16, 16, 2, 100), config);
  EXPECT_EQ(two.cycles, 917 + 6);
  EXPECT_EQ(two.requant_stall_cycles, 917 - 217);
  // Three: the third begins when the first has drained, at 517, ends at 617; drains end at 517, 917, 1317.
  const ConvActivity three = conv_timing(dense(16, 16, 3, 100), config);
  EXPECT_EQ(three.cycles, 1317 + 6);
  EXPECT_EQ(three.requant_stall_cycles, (517 - 217) + (1317 - 617));
}

TEST(ConvTiming, RequantizerLanesAreUsedWithinAPosition) {
  NpuConfig config = Machine();
  config.conv_core.requant_lanes = 8;
  EXPECT_EQ(cycles(dense(16, 8, 10, 10), config), 17 + 100 + 100 + 6);
  EXPECT_EQ(cycles(dense(16, 9, 10, 10), config), 17 + 100 + 200 + 6);
}

TEST(ConvTiming, ACommandThatDoesNotFinishDoesNotDrain) {
  isa::Conv conv = dense(16, 16, 10, 10);
  conv.finishes = 0;
  EXPECT_EQ(cycles(conv), 17 + 100 + 6);
}

TEST(ConvTiming, DepthwiseUsesWholeKernelRowsAPass) {
  NpuConfig config = Machine();
  config.scratchpad.banks = 64;  // operands never limit
  for (const auto& [kernel, rows, passes, first_rows] : {std::array<std::int64_t, 4>{3, 9, 1, 9},
                                                         {3, 8, 2, 6},
                                                         {3, 6, 2, 6},
                                                         {3, 5, 3, 3},
                                                         {5, 16, 2, 15},
                                                         {5, 25, 1, 25},
                                                         {7, 6, 14, 6},
                                                         {7, 7, 7, 7}}) {
    config.conv_core.mac_rows = rows;
    const ConvActivity activity = conv_timing(depthwise(4, kernel, 20, 20), config);
    EXPECT_EQ(activity.cycles - activity.weight_stall_cycles - activity.requant_stall_cycles - 6, passes * 400)
        << kernel << " on " << rows;
    EXPECT_EQ(activity.weight_stall_cycles, first_rows + 1) << kernel << " on " << rows;
  }
}

TEST(ConvTiming, DepthwiseOperandsCostScratchpadCycles) {
  // 3 x 3, 16 channels: 144 bytes at the start of a row, then 48 with stride 1, 96 with stride 2, 144 from stride 3 on.
  const auto streamed = [](isa::Conv conv, std::int64_t bytes_per_cycle) {
    NpuConfig config = Machine();
    config.scratchpad.banks = 1;
    config.scratchpad.bytes_per_bank_per_cycle = bytes_per_cycle;
    const ConvActivity activity = conv_timing(conv, config);
    return activity.cycles - activity.weight_stall_cycles - activity.requant_stall_cycles - 6;
  };
  isa::Conv conv = depthwise(16, 3, 4, 10);
  EXPECT_EQ(streamed(conv, 144), 40);
  EXPECT_EQ(streamed(conv, 143), 40 + 4);  // one more for each of the four rows
  EXPECT_EQ(streamed(conv, 48), 36 + 4 * 3);
  EXPECT_EQ(streamed(conv, 47), 36 * 2 + 4 * 4);
  conv.stride_width = 2;
  EXPECT_EQ(streamed(conv, 96), 36 + 4 * 2);
  EXPECT_EQ(streamed(conv, 95), 36 * 2 + 4 * 2);
  conv.stride_width = 4;
  EXPECT_EQ(streamed(conv, 144), 40);
  EXPECT_EQ(streamed(conv, 143), 80);
  conv.stride_width = 1;
  conv.dilation_width = 2;
  EXPECT_EQ(streamed(conv, 143), 80);
}

TEST(ConvTiming, AStripeStartsItsOwnWindow) {
  NpuConfig config = Machine();
  config.conv_core.accumulator_entries = 15;  // stripes of 15, 15 and 10 positions over 4 rows of 10
  const ConvActivity activity = conv_timing(depthwise(16, 3, 4, 10), config);
  // Row and stripe starts: positions 0, 10 | 15, 20 | 30.
  EXPECT_EQ(activity.cycles - activity.weight_stall_cycles - activity.requant_stall_cycles - 6, 40 + 5);
}

TEST(ConvTiming, DepthMultiplierSharesInputChannels) {
  NpuConfig config = Machine();
  config.scratchpad = {.size_bytes = 262144, .banks = 1, .bytes_per_bank_per_cycle = 72};
  isa::Conv conv = depthwise(16, 3, 1, 1);
  conv.outputs_per_group = 2;  // 8 input channels, 72 bytes
  EXPECT_EQ(cycles(conv, config), 10 + 1 + 1 + 6);
  config.scratchpad.bytes_per_bank_per_cycle = 71;
  EXPECT_EQ(cycles(conv, config), 10 + 2 + 1 + 6);
}

TEST(ConvTiming, RegularOperandsCostScratchpadCycles) {
  NpuConfig config = Machine();
  config.scratchpad = {.size_bytes = 262144, .banks = 1, .bytes_per_bank_per_cycle = 16};
  EXPECT_EQ(cycles(dense(16, 16, 10, 10), config), 223);
  config.scratchpad.bytes_per_bank_per_cycle = 15;
  EXPECT_EQ(cycles(dense(16, 16, 10, 10), config), 323);
  EXPECT_EQ(cycles(dense(15, 16, 10, 10), config), 222);
}

TEST(ConvTiming, CyclesAreStreamStallsAndPipeline) {
  NpuConfig config = Machine();
  config.conv_core.accumulator_entries = 37;
  config.conv_core.requant_lanes = 5;
  const ConvActivity activity = conv_timing(dense(40, 50, 9, 11), config);
  // 3 passes, 4 blocks, 99 positions.
  EXPECT_EQ(activity.cycles, 3 * 4 * 99 + activity.weight_stall_cycles + activity.requant_stall_cycles + 6);
  EXPECT_EQ(activity.macs, 40 * 50 * 99);
}

}  // namespace
}  // namespace evenshift::datapath

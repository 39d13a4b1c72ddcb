#include "arch/isa/footprint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace evenshift::isa {
namespace {

using testing::ElementsAre;

Conv pointwise() {
  Conv conv;
  conv.input_height = conv.output_height = 4;
  conv.input_width = conv.output_width = 4;
  conv.inputs_per_group = conv.outputs_per_group = conv.output_channels = 8;
  conv.input_pixel_stride = conv.output_pixel_stride = 8;
  conv.input_row_stride = conv.output_row_stride = 32;
  conv.weight_address = 1024;
  conv.bias_address = 2048;
  conv.scale_address = 3072;
  conv.output_address = 4096;
  return conv;
}

TEST(Footprint, OfAConvIsTilesWeightsBiasesAndScales) {
  EXPECT_THAT(
      footprint(pointwise(), NpuConfig{}),
      ElementsAre(Access{Memory::scratchpad, false, 0, 1, 128, 0}, Access{Memory::scratchpad, false, 1024, 1, 64, 0},
                  Access{Memory::scratchpad, false, 2048, 1, 32, 0}, Access{Memory::scratchpad, false, 3072, 1, 4, 0},
                  Access{Memory::scratchpad, true, 4096, 1, 128, 0}));
}

TEST(Footprint, OfAStridedOutputLeavesTheGapsOut) {
  Conv conv = pointwise();
  conv.output_pixel_stride = 24;
  conv.output_row_stride = 96;
  EXPECT_EQ(footprint(conv, NpuConfig{}).back(), (Access{Memory::scratchpad, true, 4096, 16, 8, 24}));
}

TEST(Footprint, OfALoadMergesRowsThatTouch) {
  Load load;
  load.rows = 4;
  load.row_bytes = 16;
  load.dram_stride = 64;
  load.scratchpad_stride = 16;
  EXPECT_THAT(footprint(load, NpuConfig{}),
              ElementsAre(Access{Memory::dram, false, 0, 4, 16, 64}, Access{Memory::scratchpad, true, 0, 1, 64, 0}));
}

TEST(CommandFault, AcceptsUpToTheLastByteAndNotOneMore) {
  Fill fill;
  fill.output_address = NpuConfig{}.scratchpad.size_bytes - 10;
  fill.elements = 10;
  EXPECT_EQ(command_fault(fill, NpuConfig{}, 0), std::nullopt);
  fill.elements = 11;
  EXPECT_EQ(command_fault(fill, NpuConfig{}, 0), "it writes bytes 262134 to 262145 of a scratchpad of 262144 bytes");
}

TEST(CommandFault, NamesTheField) {
  Conv conv = pointwise();
  EXPECT_EQ(command_fault(conv, NpuConfig{}, 0), std::nullopt);
  conv.kernel_width = 0;
  EXPECT_EQ(command_fault(conv, NpuConfig{}, 0), "kernel_width is 0");
  conv = pointwise();
  conv.weight_bits = 9;
  EXPECT_EQ(command_fault(conv, NpuConfig{}, 0), "weight_bits 9 is not 2 to 8");
  conv = pointwise();
  conv.clamp_low = 5;
  conv.clamp_high = 4;
  EXPECT_EQ(command_fault(conv, NpuConfig{}, 0), "clamp_low 5 is above clamp_high 4");
  conv = pointwise();
  conv.outputs_per_group = 3;
  EXPECT_EQ(command_fault(conv, NpuConfig{}, 0), "output_channels 8 is no multiple of outputs_per_group 3");
}

TEST(CommandFault, LimitsWhatStaysInTheAccumulators) {
  NpuConfig config;
  config.conv_core.accumulator_entries = 16;
  Conv conv = pointwise();
  conv.finishes = 0;
  EXPECT_EQ(command_fault(conv, config, 0), std::nullopt);
  config.conv_core.accumulator_entries = 15;
  EXPECT_EQ(command_fault(conv, config, 0), "16 accumulator entries are needed and 15 are there");
  conv = pointwise();
  conv.continues = 1;
  conv.outputs_per_group = 4;
  EXPECT_EQ(command_fault(conv, config, 0), "a command that continues or does not finish has more than one group");
}

TEST(CommandFault, VectorCommandsWriteOverWhatTheyReadOnlyInPlace) {
  Lookup lookup;
  lookup.elements = 100;
  lookup.table_address = 256;
  EXPECT_EQ(command_fault(lookup, NpuConfig{}, 0), std::nullopt);
  lookup.output_address = 100;
  EXPECT_EQ(command_fault(lookup, NpuConfig{}, 0), std::nullopt);
  lookup.output_address = 99;
  EXPECT_EQ(command_fault(lookup, NpuConfig{}, 0),
            "it writes bytes 99 to 199 and reads 0 to 100: they overlap, and not in place");
  lookup.output_address = 300;
  EXPECT_EQ(command_fault(lookup, NpuConfig{}, 0),
            "it writes bytes 300 to 400 and reads 256 to 512: they overlap, and not in place");
  Add add;
  add.elements = add.b_period = 10;
  EXPECT_EQ(command_fault(add, NpuConfig{}, 0), std::nullopt);
  add.b_period = 5;
  EXPECT_NE(command_fault(add, NpuConfig{}, 0), std::nullopt);
  MaxPool pool;
  EXPECT_NE(command_fault(pool, NpuConfig{}, 0), std::nullopt);
  pool.output_address = 1;
  EXPECT_EQ(command_fault(pool, NpuConfig{}, 0), std::nullopt);
}

}  // namespace
}  // namespace evenshift::isa

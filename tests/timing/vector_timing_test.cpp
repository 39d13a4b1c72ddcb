#include <gtest/gtest.h>

#include "arch/datapath/traffic.h"
#include "arch/datapath/vector_timing.h"
#include "arch/datapath/vector_unit.h"

// docs/timing.md, "Vector unit".
namespace evenshift::datapath {
namespace {

NpuConfig machine(std::int64_t bytes_per_cycle = 128) {
  NpuConfig config;
  config.vector_unit = {.lanes = 16, .pipeline_cycles = 4};
  config.scratchpad.banks = 1;
  config.scratchpad.bytes_per_bank_per_cycle = bytes_per_cycle;
  return config;
}

isa::MaxPool pool_of(std::int64_t channels) {
  isa::MaxPool pool;
  pool.output_height = pool.output_width = 8;
  pool.channels = channels;
  pool.kernel_height = pool.kernel_width = 3;
  return pool;
}

TEST(VectorTiming, ExamplesOfTheDocument) {
  isa::Add add;
  add.elements = add.b_period = 1000;
  EXPECT_EQ(vector_timing(add, machine()), 67);
  EXPECT_EQ(vector_timing(add, machine(47)), 129);
  EXPECT_EQ(scratchpad_traffic(add, machine()), 3000);
  add.b_period = 20;
  EXPECT_EQ(vector_timing(add, machine()), 104);
  EXPECT_EQ(vector_timing(pool_of(16), machine()), 580);
  EXPECT_EQ(vector_timing(pool_of(17), machine()), 1156);
  isa::Gather gather;
  gather.output_height = gather.output_width = 4;
  gather.channels = 16;
  EXPECT_EQ(vector_timing(gather, machine()), 41);
}

TEST(VectorTiming, LanesBoundary) {
  isa::Fill fill;
  fill.elements = 160;
  EXPECT_EQ(vector_timing(fill, machine()), 14);
  fill.elements = 161;
  EXPECT_EQ(vector_timing(fill, machine()), 15);
}

TEST(VectorTiming, BeatsStayInTheirRow) {
  isa::ParametricRelu relu;
  relu.channels = 16;
  relu.elements = 160;
  EXPECT_EQ(vector_timing(relu, machine()), 14);
  relu.channels = 20;
  EXPECT_EQ(vector_timing(relu, machine()), 20);
}

TEST(VectorTiming, ScratchpadBoundary) {
  // 16 lanes of an add move 48 bytes in a beat, those of a lookup 32.
  isa::Add add;
  add.elements = add.b_period = 160;
  EXPECT_EQ(vector_timing(add, machine(48)), 14);
  EXPECT_EQ(vector_timing(add, machine(47)), 24);
  isa::Lookup lookup;
  lookup.elements = 160;
  EXPECT_EQ(vector_timing(lookup, machine(32)), 30);
  EXPECT_EQ(vector_timing(lookup, machine(31)), 40);
  // Only the last tap of a window is written.
  EXPECT_EQ(vector_timing(pool_of(16), machine(32)), 580);
  EXPECT_EQ(vector_timing(pool_of(16), machine(31)), 580 + 64);
  EXPECT_EQ(vector_timing(pool_of(16), machine(15)), 4 + 64 * (8 * 2 + 3));
}

TEST(VectorTiming, LookupLoadsItsTableFirst) {
  isa::Lookup lookup;
  lookup.elements = 1;
  EXPECT_EQ(vector_timing(lookup, machine()), 4 + 16 + 1);
}

TEST(VectorTiming, SyncTakesNoCycles) { EXPECT_EQ(vector_timing(isa::Sync{}, machine()), 0); }

TEST(VectorActivity, CountsWhatTheClampChanges) {
  std::vector<std::uint8_t> scratchpad(64);
  const std::int8_t codes[] = {-100, -3, 0, 3, 100};
  for (std::size_t i = 0; i < 5; ++i) scratchpad[i] = static_cast<std::uint8_t>(codes[i]);
  isa::Multiply op;  // by one
  scratchpad[8] = 1;
  op.b_address = 8;
  op.output_address = 16;
  op.elements = 5;
  op.multiplier = 1;
  op.clamp_low = -2;
  op.clamp_high = 99;
  const VectorActivity activity = execute_vector(op, machine(), scratchpad);
  EXPECT_EQ(activity.elements, 5);
  EXPECT_EQ(activity.clamped_low, 2);
  EXPECT_EQ(activity.clamped_high, 1);
  EXPECT_EQ(static_cast<std::int8_t>(scratchpad[17]), -2);
}

}  // namespace
}  // namespace evenshift::datapath

#include <gtest/gtest.h>

#include "arch/datapath/traffic.h"
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

TEST(VectorTiming, ExamplesOfTheDocument) {
  isa::Add add;
  add.elements = add.b_period = 1000;
  EXPECT_EQ(vector_timing(add, machine()), 67);
  EXPECT_EQ(scratchpad_traffic(add, machine()), 3000);
  isa::MaxPool pool;
  pool.output_height = pool.output_width = 8;
  pool.channels = 16;
  pool.kernel_height = pool.kernel_width = 3;
  EXPECT_EQ(vector_timing(pool, machine()), 580);
}

TEST(VectorTiming, LanesBoundary) {
  isa::Fill fill;
  fill.elements = 160;
  EXPECT_EQ(vector_timing(fill, machine()), 14);
  fill.elements = 161;
  EXPECT_EQ(vector_timing(fill, machine()), 15);
}

TEST(VectorTiming, ScratchpadBoundary) {
  // 16 lanes of an add move 48 bytes a cycle.
  isa::Add add;
  add.elements = add.b_period = 160;
  EXPECT_EQ(vector_timing(add, machine(48)), 14);
  EXPECT_EQ(vector_timing(add, machine(47)), 15);
  isa::Lookup lookup;
  lookup.elements = 160;
  EXPECT_EQ(vector_timing(lookup, machine(32)), 14);
  EXPECT_EQ(vector_timing(lookup, machine(31)), 15);
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

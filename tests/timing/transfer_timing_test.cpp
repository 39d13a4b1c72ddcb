#include <gtest/gtest.h>

#include "tests/sim/systemc/stream_builder.h"

// docs/timing.md, "Load and store": cycles of a single command, after its fetch.
namespace evenshift::sim {
namespace {

NpuConfig slow_memory() {
  NpuConfig config;
  config.fetch = {.cycles_per_command = 4, .queue_entries = 16};
  config.dma = {.bytes_per_cycle = 16, .burst_bytes = 256, .outstanding_bursts = 8, .setup_cycles = 4};
  config.dram = {.latency_cycles = 40, .bytes_per_cycle = 16};
  return config;
}

std::int64_t load_cycles(const NpuConfig& config, std::int64_t bytes) {
  return cycles_of(StreamBuilder(config, 65536).add(load_row(0, 0, bytes))) - config.fetch.cycles_per_command;
}

std::int64_t rows_cycles(const NpuConfig& config, std::int64_t rows, std::int64_t row_bytes, std::int64_t dram_stride) {
  isa::Load load = load_row(0, 0, row_bytes);
  load.rows = rows;
  load.dram_stride = dram_stride;
  load.scratchpad_stride = row_bytes;
  return cycles_of(StreamBuilder(config, 65536).add(load)) - config.fetch.cycles_per_command;
}

TEST(TransferTiming, ExamplesOfTheDocument) {
  EXPECT_EQ(load_cycles(slow_memory(), 100), 51);
  EXPECT_EQ(load_cycles(slow_memory(), 256), 60);
  EXPECT_EQ(load_cycles(slow_memory(), 257), 61);
  EXPECT_EQ(load_cycles(slow_memory(), 4096), 300);
  NpuConfig one_burst = slow_memory();
  one_burst.dma.outstanding_bursts = 1;
  EXPECT_EQ(load_cycles(one_burst, 4096), 900);
  EXPECT_EQ(rows_cycles(slow_memory(), 10, 16, 17), 87);
  EXPECT_EQ(rows_cycles(slow_memory(), 10, 16, 16), 54);
}

TEST(TransferTiming, ByteBoundary) {
  EXPECT_EQ(load_cycles(slow_memory(), 16), 45);
  EXPECT_EQ(load_cycles(slow_memory(), 17), 46);
}

TEST(TransferTiming, BurstBoundaryShowsWhereBurstsDoNotOverlap) {
  NpuConfig config = slow_memory();
  config.dma.outstanding_bursts = 1;
  EXPECT_EQ(load_cycles(config, 256), 4 + 40 + 16);
  EXPECT_EQ(load_cycles(config, 257), 4 + 40 + 16 + 40 + 1);
  EXPECT_EQ(load_cycles(config, 512), 4 + 40 + 16 + 40 + 16);
}

TEST(TransferTiming, OutstandingBurstsHideTheLatencyFromTheNumberThatCoversIt) {
  // A burst of 16 cycles returns after 56: with 3 in flight the fourth waits 8 cycles, with 4 none waits.
  NpuConfig config = slow_memory();
  config.dma.outstanding_bursts = 4;
  EXPECT_EQ(load_cycles(config, 4096), 300);
  config.dma.outstanding_bursts = 3;
  EXPECT_EQ(load_cycles(config, 4096), 4 + 5 * 56 + 56);  // bursts 0, 3, …, 15 one behind the other
}

TEST(TransferTiming, RowsWithAGapAreBurstsOfTheirOwn) {
  EXPECT_EQ(rows_cycles(slow_memory(), 2, 100, 100), 4 + 40 + 13);
  EXPECT_EQ(rows_cycles(slow_memory(), 2, 100, 101), 4 + 40 + 7 + 7);
}

TEST(TransferTiming, SlowerOfEngineAndDramSetsTheRate) {
  NpuConfig config = slow_memory();
  config.dram.bytes_per_cycle = 4;
  EXPECT_EQ(load_cycles(config, 64), 4 + 40 + 16);
  EXPECT_EQ(load_cycles(config, 512), 4 + 40 + 128);
  config = slow_memory();
  config.dma.bytes_per_cycle = 4;
  EXPECT_EQ(load_cycles(config, 64), 4 + 40 + 16);
  EXPECT_EQ(load_cycles(config, 512), 4 + 40 + 128);
}

TEST(TransferTiming, SetupAndLatencyMayBeZero) {
  NpuConfig config = slow_memory();
  config.dma.setup_cycles = 0;
  config.dram.latency_cycles = 0;
  EXPECT_EQ(load_cycles(config, 4096), 256);
}

TEST(TransferTiming, LoadAndStoreShareTheDram) {
  // Both move 4096 bytes at once: the bus is busy for 512 cycles, and the one that is served last in each turn ends it.
  NpuConfig config = slow_memory();
  config.fetch.cycles_per_command = 0;
  const Outcome both =
      run_stream(StreamBuilder(config, 65536).add(load_row(0, 0, 4096)).add(store_row(8192, 8192, 4096)));
  EXPECT_EQ(both.statistics.dram.busy_cycles, 512);
  EXPECT_EQ(both.statistics.intervals.at(0).unit, isa::Unit::load);
  EXPECT_EQ(both.statistics.total_cycles, 4 + 512 + 40);
  EXPECT_EQ(both.statistics.intervals.at(0).end_cycle, 4 + 512 - 16 + 40);
  // A DRAM of twice the bandwidth serves both as if each were alone.
  config.dram.bytes_per_cycle = 32;
  const Outcome wide =
      run_stream(StreamBuilder(config, 65536).add(load_row(0, 0, 4096)).add(store_row(8192, 8192, 4096)));
  EXPECT_EQ(wide.statistics.intervals.at(0).end_cycle, 300);
  EXPECT_EQ(wide.statistics.intervals.at(1).end_cycle, 308);  // a burst behind the load
}

TEST(TransferTiming, ComputeTakesScratchpadBandwidthFromTheEngines) {
  // A fill writes 16 bytes a cycle. Behind it the load has 16 of 32 bytes left, or of 31, 15.
  NpuConfig config = slow_memory();
  config.fetch.cycles_per_command = 0;
  config.scratchpad.banks = 1;
  const auto load_time = [&](std::int64_t bytes_per_cycle) {
    config.scratchpad.bytes_per_bank_per_cycle = bytes_per_cycle;
    config.scratchpad.size_bytes = 8192 * bytes_per_cycle;
    config.vector_unit.pipeline_cycles = 0;
    return run_stream(StreamBuilder(config, 65536).add(fill_bytes(4096, 65536, 1)).add(load_row(0, 0, 240)))
        .statistics.load;
  };
  EXPECT_EQ(load_time(32).time.busy_cycles, 4 + 40 + 15);
  EXPECT_EQ(load_time(32).conflict_cycles, 0);
  EXPECT_EQ(load_time(31).time.busy_cycles, 4 + 40 + 16);
  EXPECT_EQ(load_time(31).conflict_cycles, 1);
  EXPECT_EQ(load_time(16).conflict_cycles, 15);  // every second turn
}

}  // namespace
}  // namespace evenshift::sim

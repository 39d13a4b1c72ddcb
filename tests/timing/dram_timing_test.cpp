#include <gtest/gtest.h>

#include "tests/sim/systemc/stream_builder.h"

// docs/timing.md, "DRAM": rows, banks, and what a miss costs.
namespace evenshift::sim {
namespace {

/// 4 banks with rows of 1024 bytes; a miss costs 20 cycles.
NpuConfig machine() {
  NpuConfig config;
  config.fetch = {.cycles_per_command = 0, .queue_entries = 16};
  config.dma = {.bytes_per_cycle = 16, .burst_bytes = 256, .outstanding_bursts = 8, .setup_cycles = 4};
  config.dram = {.latency_cycles = 40, .bytes_per_cycle = 16};
  config.dram_rows = {.bank_count = 4, .bytes_per_row = 1024, .miss_cycles = 20};
  return config;
}

/// A load of 16 bytes from each address, one command behind the other.
RunStatistics loads_from(const NpuConfig& config, const std::vector<std::int64_t>& addresses) {
  StreamBuilder stream(config, 65536);
  for (const std::int64_t address : addresses) stream.add(load_row(address, 0, 16));
  return run_stream(stream).statistics;
}

RunStatistics load_of(const NpuConfig& config, std::int64_t address, std::int64_t bytes) {
  return run_stream(StreamBuilder(config, 65536).add(load_row(address, 0, bytes))).statistics;
}

TEST(DramTiming, TheFirstAccessOfARowMissesAndLaterOnesHit) {
  const RunStatistics statistics = loads_from(machine(), {0, 1008, 512});
  EXPECT_EQ(statistics.total_cycles, 3 * (4 + 40 + 1) + 20);
  EXPECT_EQ(statistics.dram.row_misses, 1);
  EXPECT_EQ(statistics.dram.row_hits, 2);
  EXPECT_EQ(statistics.dram.row_wait_cycles, 20);
}

TEST(DramTiming, ARowEndsAtItsLastByte) {
  EXPECT_EQ(load_of(machine(), 1008, 16).dram.row_misses, 1);
  EXPECT_EQ(load_of(machine(), 1008, 17).dram.row_misses, 2);
  EXPECT_EQ(load_of(machine(), 1024, 16).dram.row_misses, 1);
}

TEST(DramTiming, ABankKeepsOneRowOpen) {
  // Rows 0 and 3 lie in different banks, rows 0 and 4 in one.
  EXPECT_EQ(loads_from(machine(), {0, 3 * 1024, 0}).dram.row_misses, 2);
  EXPECT_EQ(loads_from(machine(), {0, 4 * 1024, 0}).dram.row_misses, 3);
}

TEST(DramTiming, RowsOfDifferentBanksOpenTogether) {
  // 32 bytes across the end of row 0: both rows open at once; in one bank, one after the other.
  NpuConfig config = machine();
  EXPECT_EQ(load_of(config, 1008, 32).total_cycles, 4 + 20 + 40 + 2);
  config.dram_rows.bank_count = 1;
  EXPECT_EQ(load_of(config, 1008, 32).total_cycles, 4 + 2 * 20 + 40 + 2);
}

TEST(DramTiming, AMissHidesBehindTheBurstsBeforeItWhereTheBankIsAnother) {
  // The first miss holds the port up by 20 cycles, the engine asks on in its pace of 16: the burst that opens row 1
  // asks in cycle 4 + 64 and has its turn in cycle 4 + 84. A miss of 20 is hidden, one cycle more than that delay is
  // not.
  NpuConfig config = machine();
  EXPECT_EQ(load_of(config, 0, 2048).total_cycles, 4 + 20 + 40 + 128);
  EXPECT_EQ(load_of(config, 0, 2048).dram.row_misses, 2);
  EXPECT_EQ(load_of(config, 0, 2048).dram.row_wait_cycles, 20);
  // In one bank the second row opens when the last burst of the first one has passed.
  config.dram_rows.bank_count = 1;
  EXPECT_EQ(load_of(config, 0, 2048).total_cycles, 4 + 20 + 64 + 20 + 64 + 40);
  EXPECT_EQ(load_of(config, 0, 2048).dram.row_wait_cycles, 40);
}

TEST(DramTiming, MissesThatCostNothingAreCountedAlone) {
  NpuConfig config = machine();
  config.dram_rows.miss_cycles = 0;
  const RunStatistics free_misses = loads_from(config, {0, 4 * 1024, 0});
  EXPECT_EQ(free_misses.total_cycles, 3 * 45);
  EXPECT_EQ(free_misses.dram.row_misses, 3);
  config.dram_rows.miss_cycles = 1;
  EXPECT_EQ(loads_from(config, {0, 4 * 1024, 0}).total_cycles, 3 * 46);
}

TEST(DramTiming, LoadAndStoreTakeEachOthersRows) {
  // The load's row 0 and the store's row 4 share a bank: every burst of the two turns finds the other's row open.
  const auto both = [](std::int64_t store_address) {
    NpuConfig config = machine();
    return run_stream(StreamBuilder(config, 65536).add(load_row(0, 0, 1024)).add(store_row(4096, store_address, 1024)))
        .statistics.dram;
  };
  EXPECT_EQ(both(1 * 1024).row_misses, 2);
  EXPECT_EQ(both(4 * 1024).row_misses, 8);
  EXPECT_EQ(both(4 * 1024).row_hits, 0);
}

}  // namespace
}  // namespace evenshift::sim

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "arch/base/error.h"
#include "tests/sim/systemc/stream_builder.h"
#include "tests/support/error_of.h"

// Small streams, with cycles counted by hand from docs/timing.md.
namespace evenshift::sim {
namespace {

using support::error_of;
using testing::AllOf;
using testing::HasSubstr;

/// The defaults, written out where a test counts with them: setup 4, latency 40, 16 bytes per cycle, fetch 4.
NpuConfig machine() { return {}; }

TEST(CommandStream, SingleLoad) {
  // Fetch 4, setup 4, latency 40, 100 bytes in 7 cycles.
  EXPECT_EQ(cycles_of(StreamBuilder(machine(), 4096).add(load_row(0, 0, 100))), 4 + 4 + 40 + 7);
}

TEST(CommandStream, SingleStore) {
  const Outcome outcome = run_stream(StreamBuilder(machine(), 4096).add(store_row(0, 64, 33)));
  EXPECT_EQ(outcome.statistics.total_cycles, 4 + 4 + 40 + 3);
  // The scratchpad is zero at the start of a run.
  EXPECT_EQ(outcome.dram[63], 64);
  EXPECT_EQ(outcome.dram[64], 0);
  EXPECT_EQ(outcome.dram[96], 0);
  EXPECT_EQ(outcome.dram[97], 98);
}

TEST(CommandStream, SingleConv) {
  // docs/timing.md, conv, example 2, after the fetch.
  EXPECT_EQ(cycles_of(StreamBuilder(machine(), 4096).add(pointwise(64, 16, 1, 0, 1024, 4096))), 4 + 73);
}

TEST(CommandStream, SingleVectorCommand) {
  // Pipeline 4, 33 elements by 16 lanes.
  EXPECT_EQ(cycles_of(StreamBuilder(machine(), 4096).add(fill_bytes(0, 33, 7))), 4 + 4 + 3);
}

TEST(CommandStream, MovesStridedRows) {
  isa::Load load;
  load.rows = 3;
  load.row_bytes = 5;
  load.dram_address = 100;
  load.dram_stride = 10;
  load.scratchpad_address = 7;
  load.scratchpad_stride = 6;
  isa::Store store = store_row(7, 1000, 17);
  const Outcome outcome = run_stream(
      StreamBuilder(machine(), 2048).add(load, load_tokens::kSignalStore).add(store, store_tokens::kWaitLoad));
  for (std::int64_t row = 0; row < 3; ++row)
    for (std::int64_t i = 0; i < 6; ++i) {
      const std::int64_t at = 1000 + row * 6 + i;
      const std::int64_t expected = i < 5 ? 100 + row * 10 + i + 1 : row < 2 ? 0 : at + 1;  // gaps are not written
      EXPECT_EQ(outcome.dram[static_cast<std::size_t>(at)], static_cast<std::int8_t>(expected)) << row << " " << i;
    }
  EXPECT_EQ(outcome.statistics.load.bursts, 3);
  EXPECT_EQ(outcome.statistics.store.bursts, 1);
}

TEST(CommandStream, LoadComputeAndStoreOverlap) {
  constexpr std::int64_t kTiles = 8;
  constexpr std::int64_t kBytes = 4096;
  StreamBuilder overlapped(machine(), 2 * kTiles * kBytes);
  std::int64_t serial = 0;
  for (std::int64_t tile = 0; tile < kTiles; ++tile) {
    // Two input and two output buffers; a load waits for the compute command that used its buffer two tiles ago.
    const std::int64_t in = (tile % 2) * kBytes;
    const std::int64_t out = (2 + tile % 2) * kBytes;
    isa::Lookup copy;
    copy.input_address = in;
    copy.output_address = out;
    copy.elements = kBytes;
    copy.table_address = 5 * kBytes;
    isa::Tokens load_side{.wait_a = tile >= 2, .signal_a = true};
    isa::Tokens compute_side{.wait_a = true, .wait_b = tile >= 2, .signal_a = tile + 2 < kTiles, .signal_b = true};
    isa::Tokens store_side{.wait_b = true, .signal_b = tile + 2 < kTiles};
    overlapped.add(load_row(tile * kBytes, in, kBytes), load_side);
    overlapped.add(copy, compute_side);
    overlapped.add(store_row(out, (kTiles + tile) * kBytes, kBytes), store_side);
  }
  const RunStatistics statistics = run_stream(overlapped).statistics;
  serial = statistics.load.time.busy_cycles + statistics.compute.time.busy_cycles + statistics.store.time.busy_cycles;
  EXPECT_EQ(statistics.dram.read_bytes, kTiles * kBytes);
  EXPECT_EQ(statistics.dram.written_bytes, kTiles * kBytes);
  // Loads and stores share the DRAM, so its 4096 cycles of transfers are the bound; without overlap it takes twice
  // that.
  EXPECT_LT(statistics.total_cycles, serial * 2 / 3);
  EXPECT_GE(statistics.total_cycles, statistics.dram.busy_cycles);
}

TEST(CommandStream, BytesOfALoadAreThereAtItsEndOnly) {
  // The fill of the same bytes is not ordered after the load: it is done first, and the load's bytes win.
  const auto stream = StreamBuilder(machine(), 1024)
                          .add(load_row(0, 0, 16), load_tokens::kSignalStore)
                          .add(fill_bytes(0, 16, 99))
                          .add(store_row(0, 512, 16), store_tokens::kWaitLoad);
  EXPECT_EQ(run_stream(stream).dram[512], 1);
}

TEST(CommandStream, ResultsOfAComputeCommandAreThereAtItsEndOnly) {
  // A store that does not wait for the fill reads what was there before.
  const auto stream = StreamBuilder(machine(), 1024)
                          .add(fill_bytes(0, 16384, 99), compute_tokens::kSignalStore)
                          .add(store_row(0, 512, 16))
                          .add(store_row(0, 768, 16), store_tokens::kWaitCompute);
  const Outcome outcome = run_stream(stream);
  EXPECT_EQ(outcome.dram[512], 0);
  EXPECT_EQ(outcome.dram[768], 99);
}

TEST(CommandStream, LoadsSeeWhatAStoreWroteBeforeItsToken) {
  const auto stream = StreamBuilder(machine(), 1024)
                          .add(fill_bytes(0, 16, 99), compute_tokens::kSignalStore)
                          .add(store_row(0, 0, 16), isa::Tokens{.wait_b = true, .signal_a = true})
                          .add(load_row(0, 64, 16), isa::Tokens{.wait_b = true, .signal_b = true})
                          .add(store_row(64, 512, 16), store_tokens::kWaitLoad);
  EXPECT_EQ(run_stream(stream).dram[512], 99);
}

TEST(CommandStream, DeadlockNamesUnitsCommandsAndTokens) {
  const auto stream = StreamBuilder(machine(), 1024)
                          .add(load_row(0, 0, 16), load_tokens::kWaitStore)
                          .add(fill_bytes(0, 16, 99))
                          .add(store_row(0, 512, 16), store_tokens::kWaitLoad);
  EXPECT_THAT(
      error_of([&] { run_stream(stream); }),
      AllOf(HasSubstr("deadlocks at cycle 13"), HasSubstr("load waits for a token from store with command 0 (load "),
            HasSubstr("compute has no command"), HasSubstr("store waits for a token from load with command 2 (store "),
            HasSubstr("fetch has fetched every command")));
  // The machine can be used again.
  EXPECT_EQ(cycles_of(StreamBuilder(machine(), 4096).add(load_row(0, 0, 100))), 55);
}

TEST(CommandStream, DeadlockOnAFullQueueNamesTheCommandThatHasNoRoom) {
  NpuConfig config = machine();
  config.fetch.queue_entries = 1;
  const auto stream = StreamBuilder(config, 1024)
                          .add(load_row(0, 0, 16), load_tokens::kWaitCompute)
                          .add(load_row(0, 0, 16))
                          .add(load_row(0, 0, 16))
                          .add(isa::Sync{}, isa::Tokens{.signal_a = true});
  EXPECT_THAT(error_of([&] { run_stream(stream); }),
              AllOf(HasSubstr("load waits for a token from compute with command 0"),
                    HasSubstr("fetch has no room for command 2 (load "), HasSubstr("in a queue of 1")));
}

TEST(CommandStream, TokenLeftOverIsAnError) {
  const auto stream = StreamBuilder(machine(), 1024).add(load_row(0, 0, 16), load_tokens::kSignalCompute);
  EXPECT_THAT(error_of([&] { run_stream(stream); }), HasSubstr("ends with 1 token from load to compute"));
}

TEST(CommandStream, WhatTheDatapathRefusesReachesTheCaller) {
  // A gather whose table, zeros and then 9, names a column outside the tile.
  isa::Gather gather;
  gather.output_address = 512;
  gather.output_width = 2;
  gather.table_address = 0;
  const auto stream = StreamBuilder(machine(), 1024)
                          .add(fill_bytes(0, 6, 1), isa::Tokens{.signal_b = true})
                          .add(gather)
                          .add(store_row(512, 512, 16), store_tokens::kWaitCompute);
  EXPECT_THAT(error_of([&] { run_stream(stream); }), HasSubstr("gather"));
  EXPECT_EQ(cycles_of(StreamBuilder(machine(), 4096).add(load_row(0, 0, 100))), 55);
}

TEST(CommandStream, ABrokenProofOfTheAccumulatorsReachesTheCaller) {
  // Weights and inputs of -1: sums of 64; an accumulator of 6 bits would hold 31.
  NpuConfig config = machine();
  config.conv_core.accumulator_bits = 6;
  const auto stream = StreamBuilder(config, 1024).add(fill_bytes(0, 2048, -1)).add(pointwise(64, 16, 1, 0, 1024, 4096));
  EXPECT_THROW(run_stream(stream), InternalError);
  EXPECT_EQ(cycles_of(StreamBuilder(machine(), 4096).add(load_row(0, 0, 100))), 55);
}

TEST(CommandStream, AnEmptyStreamTakesNoCycles) {
  const Outcome outcome = run_stream(StreamBuilder(machine(), 16));
  EXPECT_EQ(outcome.statistics.total_cycles, 0);
  EXPECT_EQ(outcome.dram[0], 1);
}

TEST(CommandStream, CountsStallsByCause) {
  // The store's command is fetched at 12 and waits for the fill, which ends at 8 + 4 + 64; load has nothing to do.
  const auto stream = StreamBuilder(machine(), 1024)
                          .add(load_row(0, 0, 16))
                          .add(fill_bytes(0, 1024, 99), compute_tokens::kSignalStore)
                          .add(store_row(0, 0, 1024), store_tokens::kWaitCompute);
  const RunStatistics statistics = run_stream(stream).statistics;
  EXPECT_EQ(statistics.load.time.stalled_empty_queue_cycles, 4);
  EXPECT_EQ(statistics.load.time.busy_cycles, 4 + 40 + 1);
  EXPECT_EQ(statistics.load.dram_wait_cycles, 40);
  EXPECT_EQ(statistics.compute.time.busy_cycles, 4 + 64);
  EXPECT_EQ(statistics.store.time.stalled_empty_queue_cycles, 12);
  EXPECT_EQ(statistics.store.time.stalled_token_cycles[1], 8 + 4 + 64 - 12);
  EXPECT_EQ(statistics.store.time.busy_cycles, 4 + 40 + 64);
  EXPECT_EQ(statistics.total_cycles, 8 + 4 + 64 + 4 + 40 + 64);
  const std::vector<Interval> intervals = {
      {isa::Unit::load, 0, 4, 49}, {isa::Unit::compute, 1, 8, 76}, {isa::Unit::store, 2, 76, 184}};
  EXPECT_EQ(statistics.intervals, intervals);
}

TEST(CommandStream, ThreadsTakeTurns) {
  std::vector<std::int64_t> totals(4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < totals.size(); ++i)
    threads.emplace_back([&totals, i] {
      for (int repeat = 0; repeat < 20; ++repeat)
        totals[i] =
            cycles_of(StreamBuilder(machine(), 4096).add(load_row(0, 0, 16 * (static_cast<std::int64_t>(i) + 1))));
    });
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < totals.size(); ++i) EXPECT_EQ(totals[i], 48 + static_cast<std::int64_t>(i) + 1);
}

}  // namespace
}  // namespace evenshift::sim

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/sim/systemc/stream_builder.h"

// docs/timing.md, "Fetch, queues, tokens".
namespace evenshift::sim {
namespace {

NpuConfig machine() {
  NpuConfig config;
  config.fetch = {.cycles_per_command = 4, .queue_entries = 2};
  config.vector_unit = {.lanes = 16, .pipeline_cycles = 0};
  return config;
}

/// A fill of so many cycles.
isa::Fill work(std::int64_t cycles) { return fill_bytes(0, 16 * cycles, 1); }

TEST(StreamTiming, CommandsEnterTheirQueuesInOrder) {
  const auto stream = StreamBuilder(machine(), 64).add(work(1)).add(work(1)).add(work(100)).add(work(1));
  const std::vector<Interval> intervals = {{isa::Unit::compute, 0, 4, 5},
                                           {isa::Unit::compute, 1, 8, 9},
                                           {isa::Unit::compute, 2, 12, 112},
                                           {isa::Unit::compute, 3, 112, 113}};
  EXPECT_EQ(run_stream(stream).statistics.intervals, intervals);
}

TEST(StreamTiming, AFullQueueHoldsUpTheCommandsBehindIt) {
  // One command executes from cycle 4 to 104; queue_entries more wait in the queue. The store is fetched behind them.
  for (const std::int64_t waiting : {2, 3}) {
    StreamBuilder stream(machine(), 64);
    stream.add(work(100));
    for (std::int64_t i = 0; i < waiting; ++i) stream.add(work(1));
    stream.add(store_row(0, 0, 16));
    const RunStatistics statistics = run_stream(stream).statistics;
    EXPECT_EQ(std::ranges::find(statistics.intervals, isa::Unit::store, &Interval::unit)->start_cycle,
              waiting == 2 ? 16 : 104 + 4);
    EXPECT_EQ(statistics.fetch.stalled_full_queue_cycles[1], waiting == 2 ? 0 : 104 - 16);
  }
}

TEST(StreamTiming, ATokenCanBeTakenInTheCycleInWhichItIsPut) {
  const auto stream = StreamBuilder(machine(), 64)
                          .add(work(100), compute_tokens::kSignalStore)
                          .add(store_row(0, 0, 16), store_tokens::kWaitCompute);
  EXPECT_EQ(run_stream(stream).statistics.intervals.at(1).start_cycle, 104);
}

TEST(StreamTiming, TokensAccumulate) {
  // Two tokens put before the first wait serve two commands.
  const auto stream = StreamBuilder(machine(), 64)
                          .add(work(1), compute_tokens::kSignalStore)
                          .add(work(1), compute_tokens::kSignalStore)
                          .add(store_row(0, 0, 16), store_tokens::kWaitCompute)
                          .add(store_row(0, 0, 16), store_tokens::kWaitCompute);
  const RunStatistics statistics = run_stream(stream).statistics;
  EXPECT_EQ(statistics.store.time.stalled_token_cycles[1], 0);
}

TEST(StreamTiming, ACommandTakesItsTokensTogether) {
  // Waits for load (ends at 4 + 45) and for store (ends at 8 + 45): begins with the later.
  const auto stream = StreamBuilder(machine(), 64)
                          .add(load_row(0, 0, 16), load_tokens::kSignalCompute)
                          .add(store_row(0, 0, 16), isa::Tokens{.signal_b = true})
                          .add(work(1), isa::Tokens{.wait_a = true, .wait_b = true});
  const RunStatistics statistics = run_stream(stream).statistics;
  EXPECT_EQ(statistics.intervals.back().start_cycle, 8 + 45);
  EXPECT_EQ(statistics.compute.time.stalled_token_cycles[0], 49 - 12);
  EXPECT_EQ(statistics.compute.time.stalled_token_cycles[1], 53 - 49);
}

TEST(StreamTiming, SyncPassesTokensOnInNoTime) {
  const auto stream = StreamBuilder(machine(), 64)
                          .add(load_row(0, 0, 16), load_tokens::kSignalCompute)
                          .add(isa::Sync{}, compute_tokens::kWaitLoadSignalStore)
                          .add(store_row(0, 32, 16), store_tokens::kWaitCompute);
  const RunStatistics statistics = run_stream(stream).statistics;
  EXPECT_EQ(statistics.intervals.back().start_cycle, 4 + 45);
  EXPECT_EQ(statistics.compute.vector_commands, 0);
}

TEST(StreamTiming, LayersAreCutAtTheirCompletion) {
  const auto stream = StreamBuilder(machine(), 64)
                          .add(work(100), compute_tokens::kSignalStore)
                          .layer("done_before_the_first")
                          .add(load_row(0, 0, 16))
                          .layer("last")
                          .add(store_row(0, 0, 16), store_tokens::kWaitCompute);
  const RunStatistics statistics = run_stream(stream).statistics;
  EXPECT_EQ(statistics.layers[0].cycles, 104);
  EXPECT_EQ(statistics.layers[1].start_cycle, 8);
  EXPECT_EQ(statistics.layers[1].cycles, 0);
  EXPECT_EQ(statistics.layers[2].cycles, 45);
  EXPECT_EQ(statistics.total_cycles, 149);
}

TEST(StreamTiming, FetchMayTakeNoTime) {
  NpuConfig config = machine();
  config.fetch.cycles_per_command = 0;
  EXPECT_EQ(cycles_of(StreamBuilder(config, 64).add(work(1)).add(work(1)).add(work(1)).add(work(1)).add(work(1))), 5);
}

}  // namespace
}  // namespace evenshift::sim

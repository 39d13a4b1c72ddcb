#include <gtest/gtest.h>

#include <algorithm>

#include "tests/sim/systemc/stream_builder.h"

// docs/timing.md, "Fetch, queues, tokens".
namespace evenshift::sim {
namespace {

NpuConfig slow_fetch() {
  NpuConfig config;
  config.fetch = {.cycles_per_command = 4, .queue_entries = 2};
  config.vector_unit = {.lanes = 16, .pipeline_cycles = 0};
  return config;
}

/// A fill of so many cycles.
isa::Fill work(std::int64_t cycles) { return fill_bytes(0, 16 * cycles, 1); }

TEST(StreamTiming, CommandsEnterTheirQueuesInOrder) {
  const auto stream = StreamBuilder(slow_fetch(), 64).add(work(1)).add(work(1)).add(work(100)).add(work(1));
  const std::vector<Interval> intervals = {{isa::Unit::compute, 0, 4, 5},
                                           {isa::Unit::compute, 1, 8, 9},
                                           {isa::Unit::compute, 2, 12, 112},
                                           {isa::Unit::compute, 3, 112, 113}};
  EXPECT_EQ(run_stream(stream).statistics.intervals, intervals);
}

TEST(StreamTiming, AFullQueueHoldsUpTheCommandsBehindIt) {
  // One command executes from cycle 4 to 104; queue_entries more wait in the queue. The store is fetched behind them.
  for (const std::int64_t waiting : {2, 3}) {
    StreamBuilder stream(slow_fetch(), 64);
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
  const auto stream = StreamBuilder(slow_fetch(), 64)
                          .add(work(100), compute_tokens::kSignalStore)
                          .add(store_row(0, 0, 16), store_tokens::kWaitCompute);
  EXPECT_EQ(run_stream(stream).statistics.intervals.at(1).start_cycle, 104);
}

TEST(StreamTiming, TokensAccumulate) {
  // Two tokens put before the first wait serve two commands.
  const auto stream = StreamBuilder(slow_fetch(), 64)
                          .add(work(1), compute_tokens::kSignalStore)
                          .add(work(1), compute_tokens::kSignalStore)
                          .add(store_row(0, 0, 16), store_tokens::kWaitCompute)
                          .add(store_row(0, 0, 16), store_tokens::kWaitCompute);
  const RunStatistics statistics = run_stream(stream).statistics;
  EXPECT_EQ(statistics.store.time.stalled_token_cycles[1], 0);
}

TEST(StreamTiming, ACommandTakesItsTokensTogether) {
  // Waits for load (ends at 4 + 45) and for store (ends at 8 + 45): begins with the later.
  const auto stream = StreamBuilder(slow_fetch(), 64)
                          .add(load_row(0, 0, 16), load_tokens::kSignalCompute)
                          .add(store_row(0, 0, 16), isa::Tokens{.signal_b = true})
                          .add(work(1), isa::Tokens{.wait_a = true, .wait_b = true});
  const RunStatistics statistics = run_stream(stream).statistics;
  EXPECT_EQ(statistics.intervals.back().start_cycle, 8 + 45);
  EXPECT_EQ(statistics.compute.time.stalled_token_cycles[0], 49 - 12);
  EXPECT_EQ(statistics.compute.time.stalled_token_cycles[1], 53 - 49);
}

TEST(StreamTiming, SyncPassesTokensOnInNoTime) {
  const auto stream = StreamBuilder(slow_fetch(), 64)
                          .add(load_row(0, 0, 16), load_tokens::kSignalCompute)
                          .add(isa::Sync{}, compute_tokens::kWaitLoadSignalStore)
                          .add(store_row(0, 32, 16), store_tokens::kWaitCompute);
  const RunStatistics statistics = run_stream(stream).statistics;
  EXPECT_EQ(statistics.intervals.back().start_cycle, 4 + 45);
  EXPECT_EQ(statistics.compute.vector_commands, 0);
}

TEST(StreamTiming, LayersAreCutAlongTheComputeUnit) {
  const auto stream = StreamBuilder(slow_fetch(), 64)
                          .add(work(100), compute_tokens::kSignalStore)          // 4 to 104
                          .add(store_row(0, 0, 16), store_tokens::kWaitCompute)  // 104 to 149
                          .layer("second")
                          .add(load_row(0, 0, 16), load_tokens::kSignalCompute)  // 12 to 57
                          .add(work(50), compute_tokens::kWaitLoad)              // 104 to 154
                          .layer("third")
                          .add(work(10), compute_tokens::kSignalStore)            // 154 to 164
                          .add(store_row(0, 0, 16), store_tokens::kWaitCompute);  // 164 to 209
  const RunStatistics statistics = run_stream(stream).statistics;
  EXPECT_EQ(statistics.layers[0].start_cycle, 4);
  EXPECT_EQ(statistics.layers[0].end_cycle, 149);
  EXPECT_EQ(statistics.layers[0].cycles, 104);
  EXPECT_EQ(statistics.layers[1].start_cycle, 12);
  EXPECT_EQ(statistics.layers[1].end_cycle, 154);
  EXPECT_EQ(statistics.layers[1].cycles, 50);
  EXPECT_EQ(statistics.layers[2].cycles, 10 + 45);
  EXPECT_EQ(statistics.total_cycles, 209);
}

TEST(StreamTiming, ALayerThatOnlyCopiesEndsWhereTheNextOneComputes) {
  const auto stream = [](std::int64_t wait_cycles) {
    return StreamBuilder(slow_fetch(), 64)
        .add(work(wait_cycles))  // 4 to 4 + wait_cycles
        .layer("copy")
        .add(load_row(0, 0, 16), load_tokens::kSignalStore)  // 8 to 53
        .add(store_row(0, 32, 16), store_tokens::kWaitLoad)  // 53 to 98
        .layer("last")
        .add(work(200));  // at 16 or when the first has ended
  };
  const RunStatistics behind = run_stream(stream(150)).statistics;  // the copy is done before the first layer
  EXPECT_EQ(behind.layers[0].cycles, 154);
  EXPECT_EQ(behind.layers[1].cycles, 0);
  EXPECT_EQ(behind.layers[2].cycles, 200);
  const RunStatistics ahead = run_stream(stream(5)).statistics;
  EXPECT_EQ(ahead.layers[0].cycles, 9);
  EXPECT_EQ(ahead.layers[1].cycles, 16 - 9);
  EXPECT_EQ(ahead.layers[1].end_cycle, 98);
  EXPECT_EQ(ahead.layers[2].cycles, 200);
}

TEST(StreamTiming, FetchMayTakeNoTime) {
  NpuConfig config = slow_fetch();
  config.fetch.cycles_per_command = 0;
  EXPECT_EQ(cycles_of(StreamBuilder(config, 64).add(work(1)).add(work(1)).add(work(1)).add(work(1)).add(work(1))), 5);
}

}  // namespace
}  // namespace evenshift::sim

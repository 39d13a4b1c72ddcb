#include <gtest/gtest.h>

#include <array>
#include <memory>

#include "sim/systemc/systemc_executor.h"
#include "tests/sim/systemc/relax_tokens.h"
#include "tests/support/golden_executor.h"
#include "tests/support/random_image.h"

// The timed model against the golden datapath executed in stream order, on images and machines of every kind, all run
// by the one machine of this process.
namespace evenshift::sim {
namespace {

struct Recorded {
  std::vector<TensorCodes> outputs;
  std::vector<std::pair<std::int64_t, std::vector<std::uint8_t>>> layers;
  std::vector<std::array<std::int64_t, 5>> accumulators;
  friend bool operator==(const Recorded&, const Recorded&) = default;
};

Recorded record(Executor& executor, const image::Image& image, const std::vector<TensorCodes>& inputs) {
  Recorded recorded;
  Observer observer;
  observer.layer_done = [&](std::int64_t layer, std::span<const std::uint8_t> dram) {
    recorded.layers.emplace_back(layer, std::vector<std::uint8_t>(dram.begin(), dram.end()));
  };
  observer.accumulator = [&](std::int64_t command, std::int64_t y, std::int64_t x, std::int64_t c, std::int32_t value) {
    recorded.accumulators.push_back({command, y, x, c, value});
  };
  executor.load(image);
  recorded.outputs = executor.run(inputs, observer);
  return recorded;
}

TEST(SystemCExecutor, GivesTheBytesOfTheGoldenDatapath) {
  SystemCExecutor systemc;
  support::GoldenExecutor golden;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const auto image = support::random_image({.seed = seed});
    const auto inputs = support::random_inputs(image, seed + 1000);
    const Recorded expected = record(golden, image, inputs);
    const Recorded actual = record(systemc, image, inputs);
    ASSERT_TRUE(actual.outputs == expected.outputs) << "outputs, seed " << seed;
    ASSERT_TRUE(actual.layers == expected.layers) << "DRAM after a layer, seed " << seed;
    ASSERT_TRUE(actual.accumulators == expected.accumulators) << "accumulators, seed " << seed;
  }
}

TEST(SystemCExecutor, GivesTheSameBytesWhereUnitsOverlap) {
  SystemCExecutor systemc;
  support::GoldenExecutor golden;
  std::int64_t serial_cycles = 0;
  std::int64_t overlapped_cycles = 0;
  for (std::uint64_t seed = 300; seed < 360; ++seed) {
    auto image = support::random_image({.seed = seed});
    const auto inputs = support::random_inputs(image, seed);
    const Recorded expected = record(golden, image, inputs);
    record(systemc, image, inputs);
    serial_cycles += systemc.statistics().total_cycles;
    relax_tokens(image);
    const Recorded actual = record(systemc, image, inputs);
    overlapped_cycles += systemc.statistics().total_cycles;
    ASSERT_TRUE(actual == expected) << "seed " << seed;
  }
  EXPECT_LT(overlapped_cycles, serial_cycles);
}

TEST(SystemCExecutor, TakesTheSameCyclesEveryTimeAndForAnyData) {
  SystemCExecutor executor;
  SystemCExecutor another;
  for (std::uint64_t seed = 100; seed < 110; ++seed) {
    const auto image = support::random_image({.seed = seed});
    executor.record_intervals(true);
    another.record_intervals(true);
    executor.load(image);
    executor.run(support::random_inputs(image, 1));
    const RunStatistics first = executor.statistics();
    another.load(image);
    another.run(support::random_inputs(image, 2));
    executor.run(support::random_inputs(image, 3));
    EXPECT_EQ(executor.statistics().intervals, first.intervals);
    EXPECT_EQ(another.statistics().intervals, first.intervals);
    EXPECT_EQ(executor.statistics().total_cycles, first.total_cycles);
  }
}

TEST(SystemCExecutor, LayersAndUnitStatesAddUpToTheTotal) {
  SystemCExecutor executor;
  for (std::uint64_t seed = 200; seed < 220; ++seed) {
    const auto image = support::random_image({.seed = seed});
    executor.load(image);
    executor.run(support::random_inputs(image, seed));
    const RunStatistics& statistics = executor.statistics();
    std::int64_t cycles = 0;
    std::int64_t macs = 0;
    std::int64_t read = 0;
    for (const LayerStatistics& layer : statistics.layers) {
      EXPECT_GE(layer.cycles, 0);
      EXPECT_LE(layer.utilization, 1);
      cycles += layer.cycles;
      macs += layer.macs;
      read += layer.dram_read_bytes;
    }
    EXPECT_EQ(cycles, statistics.total_cycles);
    EXPECT_EQ(macs, statistics.compute.macs);
    EXPECT_EQ(read, statistics.dram.read_bytes);
    for (const UnitTime* time : {&statistics.load.time, &statistics.compute.time, &statistics.store.time})
      EXPECT_EQ(time->busy_cycles + time->stalled_empty_queue_cycles + time->stalled_token_cycles[0] +
                    time->stalled_token_cycles[1] + time->finished_cycles,
                statistics.total_cycles);
    const FetchStatistics& fetch = statistics.fetch;
    EXPECT_EQ(fetch.commands, static_cast<std::int64_t>(image.commands.size()));
    EXPECT_EQ(fetch.busy_cycles + fetch.stalled_full_queue_cycles[0] + fetch.stalled_full_queue_cycles[1] +
                  fetch.stalled_full_queue_cycles[2] + fetch.finished_cycles,
              statistics.total_cycles);
    for (const DmaStatistics* dma : {&statistics.load, &statistics.store}) EXPECT_GE(dma->dram_wait_cycles, 0);
    EXPECT_EQ(statistics.compute.conv_cycles + statistics.compute.vector_cycles, statistics.compute.time.busy_cycles);
  }
}

}  // namespace
}  // namespace evenshift::sim

#include "sim/stats/trace.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/sim/systemc/stream_builder.h"

namespace evenshift::sim {
namespace {

using Events = std::vector<nlohmann::ordered_json>;

/// A fill that a store waits for, on a clock of 500 MHz.
nlohmann::ordered_json example() {
  NpuConfig config;
  config.clock_mhz = 500;
  config.fetch.queue_entries = 1;
  const auto stream = StreamBuilder(config, 64)
                          .add(fill_bytes(0, 1600, 1), compute_tokens::kSignalStore)
                          .layer("second")
                          .add(store_row(0, 0, 16), store_tokens::kWaitCompute)
                          .add(store_row(0, 16, 16))
                          .add(store_row(0, 32, 16));
  return to_trace(run_stream(stream).statistics, stream.image());
}

Events events_of(const nlohmann::ordered_json& trace, const std::string& phase) {
  Events found;
  for (const auto& event : trace.at("traceEvents"))
    if (event.at("ph") == phase) found.push_back(event);
  return found;
}

std::map<int, std::string> tracks_of(const nlohmann::ordered_json& trace) {
  std::map<int, std::string> tracks;
  for (const auto& event : events_of(trace, "M"))
    if (event.at("name") == "thread_name") tracks[event.at("tid")] = event.at("args").at("name");
  return tracks;
}

Events slices_of(const nlohmann::ordered_json& trace, const std::string& track) {
  const auto tracks = tracks_of(trace);
  Events found;
  for (const auto& event : events_of(trace, "X"))
    if (tracks.at(event.at("tid")) == track) found.push_back(event);
  return found;
}

TEST(Trace, HasATrackForEveryUnit) {
  const auto trace = example();
  const std::map<int, std::string> expected = {{0, "layers"}, {1, "fetch"}, {2, "load"}, {3, "compute"}, {4, "store"}};
  EXPECT_EQ(tracks_of(trace), expected);
  EXPECT_EQ(events_of(trace, "M").at(0).at("args").at("name"), "npu_16x16");
}

TEST(Trace, LayersAreSlicesOfTheirCycles) {
  const auto layers = slices_of(example(), "layers");
  ASSERT_EQ(layers.size(), 2u);
  EXPECT_EQ(layers[0].at("name"), "layer_0");
  EXPECT_EQ(layers[0].at("dur"), 108 / 500.0);
  EXPECT_EQ(layers[1].at("name"), "second");
  EXPECT_EQ(layers[1].at("ts"), 108 / 500.0);
}

TEST(Trace, CommandsAreSlicesNamedByLayerAndCommand) {
  const auto compute = slices_of(example(), "compute");
  ASSERT_EQ(compute.size(), 1u);
  EXPECT_EQ(compute[0].at("name"), "layer_0 fill");
  EXPECT_EQ(compute[0].at("ts"), 4 / 500.0);
  EXPECT_EQ(compute[0].at("dur"), 104 / 500.0);
  EXPECT_EQ(compute[0].at("args").at("cycles"), 104);
  const auto store = slices_of(example(), "store");
  ASSERT_EQ(store.size(), 3u);
  EXPECT_EQ(store[0].at("name"), "second store");
  EXPECT_EQ(store[0].at("args").at("command"), 1);
  EXPECT_EQ(store[0].at("args").at("layer"), "second");
}

TEST(Trace, FetchShowsWhereAQueueIsFull) {
  // The store in cycle 8 waits for its token; the next one fills the queue, the last one waits for it to be taken.
  const auto fetch = slices_of(example(), "fetch");
  ASSERT_EQ(fetch.size(), 5u);
  EXPECT_EQ(fetch[3].at("name"), "second store");
  EXPECT_EQ(fetch[4].at("name"), "queue is full");
  EXPECT_EQ(fetch[4].at("args").at("start_cycle"), 16);
  EXPECT_EQ(fetch[4].at("args").at("command"), 3);
}

TEST(Trace, ATokenIsAnArrowBetweenTheSlicesOfItsCommands) {
  const auto trace = example();
  const auto starts = events_of(trace, "s");
  const auto ends = events_of(trace, "f");
  ASSERT_EQ(starts.size(), 1u);
  ASSERT_EQ(ends.size(), 1u);
  EXPECT_EQ(tracks_of(trace).at(starts[0].at("tid")), "compute");
  EXPECT_EQ(starts[0].at("ts"), slices_of(trace, "compute")[0].at("ts"));
  EXPECT_EQ(tracks_of(trace).at(ends[0].at("tid")), "store");
  EXPECT_EQ(ends[0].at("ts"), slices_of(trace, "store")[0].at("ts"));
  EXPECT_EQ(ends[0].at("bp"), "e");
  for (const char* key : {"id", "cat", "name"}) EXPECT_EQ(starts[0].at(key), ends[0].at(key)) << key;
}

TEST(Trace, CountersHoldEveryByte) {
  const auto trace = example();
  double written = 0;
  double computed = 0;
  for (const auto& event : events_of(trace, "C")) {
    if (event.at("name") == "DRAM bytes per cycle") written += event.at("args").at("written").get<double>();
    if (event.at("name") == "scratchpad bytes per cycle") computed += event.at("args").at("compute").get<double>();
  }
  EXPECT_NEAR(written, 3 * 16, 1e-9);  // windows of a cycle
  EXPECT_NEAR(computed, 1600, 1e-9);
}

TEST(Trace, WindowsAreAsShortAsTheirNumberAllows) {
  EXPECT_EQ(trace_window_cycles(1024), 1);
  EXPECT_EQ(trace_window_cycles(1025), 2);
  EXPECT_EQ(trace_window_cycles(2048), 2);
  EXPECT_EQ(trace_window_cycles(2049), 4);
}

}  // namespace
}  // namespace evenshift::sim

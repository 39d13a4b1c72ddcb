#include "sim/stats/trace.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/sim/systemc/stream_builder.h"

namespace evenshift::sim {
namespace {

TEST(Trace, HasASliceForEveryCommandAndLayer) {
  NpuConfig config;
  config.clock_mhz = 500;
  const auto stream = StreamBuilder(config, 64)
                          .add(fill_bytes(0, 1600, 1), compute_tokens::kSignalStore)
                          .layer("second")
                          .add(store_row(0, 0, 16), store_tokens::kWaitCompute);
  const auto trace = to_trace(run_stream(stream).statistics, stream.image());
  std::vector<nlohmann::ordered_json> slices;
  std::map<int, std::string> tracks;
  for (const auto& event : trace.at("traceEvents")) {
    if (event.at("ph") == "X") slices.push_back(event);
    if (event.at("name") == "thread_name") tracks[event.at("tid")] = event.at("args").at("name");
  }
  ASSERT_EQ(slices.size(), 4u);
  EXPECT_EQ(tracks.at(slices[0].at("tid")), "layers");
  EXPECT_EQ(slices[0].at("name"), "layer_0");
  EXPECT_EQ(slices[0].at("dur"), 108 / 500.0);
  EXPECT_EQ(slices[1].at("name"), "second");
  EXPECT_EQ(slices[1].at("ts"), 108 / 500.0);
  EXPECT_EQ(tracks.at(slices[2].at("tid")), "compute");
  EXPECT_EQ(slices[2].at("name"), "fill");
  EXPECT_EQ(slices[2].at("ts"), 4 / 500.0);
  EXPECT_EQ(slices[2].at("args").at("cycles"), 104);
  EXPECT_EQ(tracks.at(slices[3].at("tid")), "store");
  EXPECT_EQ(slices[3].at("args").at("command"), 1);
  EXPECT_EQ(slices[3].at("args").at("layer"), "second");
}

}  // namespace
}  // namespace evenshift::sim

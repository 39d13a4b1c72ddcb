#include "sim/stats/run_statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "sim/stats/report.h"

namespace evenshift::sim {
namespace {

using testing::HasSubstr;

RunStatistics example() {
  RunStatistics statistics;
  statistics.config.name = "npu_test";
  statistics.config.clock_mhz = 500;
  statistics.config.conv_core.mac_rows = 4;
  statistics.config.conv_core.mac_cols = 8;
  statistics.config.energy = {.mac_pj = 10, .dram_byte_pj = 100};
  statistics.total_cycles = 1000;
  statistics.layers.resize(2);
  statistics.layers[0].name = "features.0";
  statistics.layers[0].kind = "conv";
  statistics.layers[0].cycles = 750;
  statistics.layers[0].macs = 12000;
  statistics.layers[0].utilization = 0.5;
  statistics.layers[0].dram_read_bytes = 4096;
  statistics.layers[1].name = "pool";
  statistics.layers[1].kind = "max_pool";
  statistics.layers[1].cycles = 250;
  statistics.layers[1].clamped_low = 3;
  statistics.layers[1].clamped_high = 4;
  statistics.compute.macs = 12000;
  statistics.compute.time.busy_cycles = 900;
  statistics.compute.vector_clamped_low = 3;
  statistics.compute.vector_clamped_high = 4;
  statistics.load.time.stalled_token_cycles = {11, 22};
  statistics.store.time.stalled_token_cycles = {33, 44};
  statistics.fetch.stalled_full_queue_cycles = {1, 2, 3};
  statistics.dram.read_bytes = 4096;
  return statistics;
}

TEST(RunStatistics, Json) {
  const auto json = to_json(example());
  EXPECT_EQ(json.at("schema_version"), 1);
  EXPECT_EQ(json.at("total_cycles"), 1000);
  EXPECT_EQ(json.at("total_milliseconds"), 0.002);
  EXPECT_EQ(json.at("utilization"), 12000.0 / (1000 * 4 * 8));
  ASSERT_EQ(json.at("layers").size(), 2u);
  EXPECT_EQ(json.at("layers")[0].at("name"), "features.0");
  EXPECT_EQ(json.at("layers")[0].at("kind"), "conv");
  EXPECT_EQ(json.at("layers")[0].at("cycles"), 750);
  EXPECT_EQ(json.at("layers")[0].at("macs"), 12000);
  EXPECT_EQ(json.at("layers")[0].at("utilization"), 0.5);
  EXPECT_EQ(json.at("layers")[1].at("clamped_high_outputs"), 4);
  EXPECT_EQ(json.at("layers")[0].at("roofline").at("bound"), "compute");
  EXPECT_EQ(json.at("layers")[0].at("roofline").at("memory_floor_cycles"), 4096 / 16);
  EXPECT_EQ(json.at("layers")[0].at("roofline").at("attainable_macs_per_cycle"), 32);
  EXPECT_EQ(json.at("layers")[0].at("energy").at("mac_pj"), 120000);
  EXPECT_EQ(json.at("energy").at("total_pj"), 12000 * 10 + 4096 * 100);
  const auto& units = json.at("units");
  EXPECT_EQ(units.at("load").at("stalled_token_from_compute_cycles"), 11);
  EXPECT_EQ(units.at("load").at("stalled_token_from_store_cycles"), 22);
  EXPECT_EQ(units.at("store").at("stalled_token_from_load_cycles"), 33);
  EXPECT_EQ(units.at("store").at("stalled_token_from_compute_cycles"), 44);
  EXPECT_EQ(units.at("fetch").at("stalled_full_store_queue_cycles"), 3);
  EXPECT_EQ(units.at("compute").at("busy_cycles"), 900);
  EXPECT_EQ(units.at("dram").at("read_bytes"), 4096);
}

TEST(RunStatistics, EveryNumberInJsonSaysItsUnit) {
  const auto json = to_json(example());
  const std::regex unit(
      R"(.*(cycles|cycle|bytes|macs|outputs|elements|updates|hits|misses|commands|bursts|utilization|_pj|per_byte|per_cycle)$)");
  const auto check_keys = [&](const nlohmann::ordered_json& object) {
    for (const auto& [key, value] : object.items())
      EXPECT_TRUE(!value.is_number() || std::regex_match(key, unit)) << key;
  };
  for (const auto& layer : json.at("layers")) {
    check_keys(layer);
    check_keys(layer.at("roofline"));
    check_keys(layer.at("energy"));
  }
  for (const auto& [name, counters] : json.at("units").items()) check_keys(counters);
}

TEST(Report, HasARowForEveryLayerAndATotal) {
  const std::string text = to_text(example());
  EXPECT_THAT(text,
              testing::ContainsRegex("features.0 +conv +750 +75.0% +12000 +50.0% +compute +50.0% +4096 +0 +0 +0.53"));
  EXPECT_THAT(text, testing::ContainsRegex("pool +max_pool +250 +25.0% +0 +0.0% +compute +0.0% +0 +0 +7 +0.00\n"));
  EXPECT_THAT(text, testing::ContainsRegex("total +1000 +100.0% +12000 +37.5% +37.5% +4096 +0 +7 +0.53\n"));
}

TEST(Report, SaysWhereCyclesBytesAndEnergyWent) {
  RunStatistics statistics = example();
  statistics.config.conv_core.pipeline_cycles = 5;
  statistics.compute.conv_commands = 2;
  statistics.compute.conv_cycles = 700;
  statistics.compute.weight_stall_cycles = 50;
  statistics.compute.requant_stall_cycles = 40;
  statistics.compute.vector_cycles = 200;
  statistics.compute.time.stalled_token_cycles = {60, 30};
  statistics.compute.time.stalled_empty_queue_cycles = 8;
  statistics.compute.time.finished_cycles = 2;
  statistics.dram.busy_cycles = 256;
  const std::string text = to_text(statistics);
  EXPECT_THAT(text, HasSubstr("npu_test: 1000 cycles, 0.002 ms at 500 MHz, 12000 MACs, 37.5 % of 4 x 8 MACs a cycle"));
  EXPECT_THAT(text,
              HasSubstr("60.0 % array works, 5.0 % it waits for weights, 4.0 % for the requantizer, 1.0 % pipeline"));
  EXPECT_THAT(text, HasSubstr("20.0 % vector unit; waits for: load 6.0 %, store 3.0 %, fetch 0.8 %; 0.2 % after"));
  EXPECT_THAT(text,
              HasSubstr("4.1 kB read, 0 B written; its port is busy 25.6 % of the time, 4.10 of 16 bytes a cycle"));
  EXPECT_THAT(text, HasSubstr("0 of 2 layers are memory-bound"));
  EXPECT_THAT(text, HasSubstr("0.53 uJ, 0.265 W: MACs 22.7 %, DRAM 77.3 %\n"));
}

TEST(Report, CountersHaveALineEach) {
  EXPECT_THAT(counters_text(example()), testing::ContainsRegex("busy_cycles +900"));
}

TEST(RunStatistics, ARunOfNoCyclesHasNoUtilization) {
  RunStatistics statistics;
  EXPECT_EQ(statistics.utilization(), 0);
  EXPECT_THAT(to_text(statistics), HasSubstr("0 cycles"));
}

}  // namespace
}  // namespace evenshift::sim

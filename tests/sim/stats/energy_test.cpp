#include "sim/stats/energy.h"

#include <gtest/gtest.h>

namespace evenshift::sim {
namespace {

LayerStatistics layer() {
  LayerStatistics layer;
  layer.cycles = 10;
  layer.macs = 1000;
  layer.accumulator_updates = 200;
  layer.requantized_outputs = 30;
  layer.vector_elements = 40;
  layer.scratchpad_bytes = 500;
  layer.dram_read_bytes = 6;
  layer.dram_written_bytes = 7;
  return layer;
}

constexpr NpuConfig::Energy kCosts = {.mac_pj = 0.5,
                                      .accumulator_update_pj = 2,
                                      .requantized_output_pj = 4,
                                      .vector_element_pj = 8,
                                      .scratchpad_byte_pj = 16,
                                      .dram_byte_pj = 32,
                                      .leakage_pj_per_cycle = 64};

TEST(Energy, EveryEventHasItsCost) {
  const Energy energy = energy_of(layer(), kCosts);
  EXPECT_EQ(energy.mac_pj, 500);
  EXPECT_EQ(energy.accumulator_pj, 400);
  EXPECT_EQ(energy.requantizer_pj, 120);
  EXPECT_EQ(energy.vector_unit_pj, 320);
  EXPECT_EQ(energy.scratchpad_pj, 8000);
  EXPECT_EQ(energy.dram_pj, 13 * 32);
  EXPECT_EQ(energy.leakage_pj, 640);
  EXPECT_EQ(energy.total_pj(), 500 + 400 + 120 + 320 + 8000 + 416 + 640);
}

TEST(Energy, OfARunIsTheSumOfItsLayers) {
  RunStatistics statistics;
  statistics.config.energy = kCosts;
  statistics.layers = {layer(), layer(), LayerStatistics()};
  EXPECT_EQ(energy_of(statistics).total_pj(), 2 * energy_of(layer(), kCosts).total_pj());
}

}  // namespace
}  // namespace evenshift::sim

#include "sim/stats/roofline.h"

#include <gtest/gtest.h>

namespace evenshift::sim {
namespace {

/// 16 x 16 MACs and 16 bytes a cycle: the ridge is at 16 MACs a byte.
constexpr std::int64_t kMacs = 256 * 1000;

LayerStatistics layer(std::int64_t bytes) {
  LayerStatistics layer;
  layer.macs = kMacs;
  layer.dram_read_bytes = bytes - 100;
  layer.dram_written_bytes = 100;
  layer.cycles = 2000;
  return layer;
}

TEST(Roofline, MemoryBoundsALayerBeyondTheRidge) {
  const Roofline at = roofline_of(layer(16000), NpuConfig{});
  EXPECT_FALSE(at.memory_bound());
  EXPECT_EQ(at.macs_per_byte, 16);
  EXPECT_EQ(at.attainable_macs_per_cycle, 256);
  const Roofline beyond = roofline_of(layer(16001), NpuConfig{});
  EXPECT_TRUE(beyond.memory_bound());
  EXPECT_LT(beyond.attainable_macs_per_cycle, 256);
}

TEST(Roofline, AttainableIsIntensityTimesBandwidthBeyondTheRidge) {
  const Roofline roofline = roofline_of(layer(64000), NpuConfig{});
  EXPECT_EQ(roofline.macs_per_byte, 4);
  EXPECT_EQ(roofline.attainable_macs_per_cycle, 4 * 16);
  EXPECT_EQ(roofline.floor_cycles(), 4000);
  EXPECT_EQ(roofline.achieved_macs_per_cycle, 128);
}

TEST(Roofline, WorkOfTheVectorUnitRaisesTheFloor) {
  LayerStatistics with_vector = layer(16000);
  with_vector.vector_elements = 1600;
  const Roofline roofline = roofline_of(with_vector, NpuConfig{});
  EXPECT_EQ(roofline.compute_floor_cycles, 1000 + 100);
  EXPECT_EQ(roofline.attainable_macs_per_cycle, kMacs / 1100.0);
}

TEST(Roofline, ALayerThatDoesNothingHasNoFloor) {
  const Roofline roofline = roofline_of(LayerStatistics(), NpuConfig{});
  EXPECT_EQ(roofline.floor_cycles(), 0);
  EXPECT_EQ(roofline.attainable_macs_per_cycle, 0);
  EXPECT_EQ(roofline.macs_per_byte, 0);
}

}  // namespace
}  // namespace evenshift::sim

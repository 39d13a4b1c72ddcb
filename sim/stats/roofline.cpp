#include "sim/stats/roofline.h"

namespace evenshift::sim {
namespace {

double ratio(double a, double b) { return b > 0 ? a / b : 0; }

}  // namespace

Roofline roofline_of(const LayerStatistics& layer, const NpuConfig& config) {
  const auto macs = static_cast<double>(layer.macs);
  const auto bytes = static_cast<double>(layer.dram_read_bytes + layer.dram_written_bytes);
  const auto peak = static_cast<double>(config.conv_core.mac_rows * config.conv_core.mac_cols);
  Roofline roofline;
  roofline.compute_floor_cycles =
      macs / peak + static_cast<double>(layer.vector_elements) / static_cast<double>(config.vector_unit.lanes);
  roofline.memory_floor_cycles = bytes / static_cast<double>(config.dram.bytes_per_cycle);
  roofline.macs_per_byte = ratio(macs, bytes);
  roofline.attainable_macs_per_cycle = ratio(macs, roofline.floor_cycles());
  roofline.achieved_macs_per_cycle = ratio(macs, static_cast<double>(layer.cycles));
  return roofline;
}

}  // namespace evenshift::sim

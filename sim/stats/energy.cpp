#include "sim/stats/energy.h"

namespace evenshift::sim {

double Energy::total_pj() const {
  double total = 0;
  visit_energy(*this, [&](const char*, double picojoules, const char*) { total += picojoules; });
  return total;
}

Energy& Energy::operator+=(const Energy& other) {
  mac_pj += other.mac_pj;
  accumulator_pj += other.accumulator_pj;
  requantizer_pj += other.requantizer_pj;
  vector_unit_pj += other.vector_unit_pj;
  scratchpad_pj += other.scratchpad_pj;
  dram_pj += other.dram_pj;
  leakage_pj += other.leakage_pj;
  return *this;
}

Energy energy_of(const LayerStatistics& layer, const NpuConfig::Energy& costs) {
  const auto spent = [](std::int64_t count, double picojoules) { return static_cast<double>(count) * picojoules; };
  return {.mac_pj = spent(layer.macs, costs.mac_pj),
          .accumulator_pj = spent(layer.accumulator_updates, costs.accumulator_update_pj),
          .requantizer_pj = spent(layer.requantized_outputs, costs.requantized_output_pj),
          .vector_unit_pj = spent(layer.vector_elements, costs.vector_element_pj),
          .scratchpad_pj = spent(layer.scratchpad_bytes, costs.scratchpad_byte_pj),
          .dram_pj = spent(layer.dram_read_bytes + layer.dram_written_bytes, costs.dram_byte_pj),
          .leakage_pj = spent(layer.cycles, costs.leakage_pj_per_cycle)};
}

Energy energy_of(const RunStatistics& statistics) {
  Energy total;
  for (const LayerStatistics& layer : statistics.layers) total += energy_of(layer, statistics.config.energy);
  return total;
}

}  // namespace evenshift::sim

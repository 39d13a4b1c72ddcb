#pragma once

#include "sim/stats/run_statistics.h"

namespace evenshift::sim {

/// Picojoules of a layer or of a run, by what they are spent on: docs/energy.md.
struct Energy {
  double mac_pj = 0;
  double accumulator_pj = 0;
  double requantizer_pj = 0;
  double vector_unit_pj = 0;
  double scratchpad_pj = 0;
  double dram_pj = 0;
  double leakage_pj = 0;

  [[nodiscard]] double total_pj() const;
  Energy& operator+=(const Energy& other);
};

/// Each count of the layer times its key of the machine's `energy` section; leakage: cycles · leakage_pj_per_cycle.
Energy energy_of(const LayerStatistics& layer, const NpuConfig::Energy& costs);

/// The sum over the layers.
Energy energy_of(const RunStatistics& statistics);

/// Calls visitor(key, picojoules, name for people) for every part.
template <typename Visitor>
void visit_energy(const Energy& energy, Visitor&& visitor) {
  visitor("mac_pj", energy.mac_pj, "MACs");
  visitor("accumulator_pj", energy.accumulator_pj, "accumulators");
  visitor("requantizer_pj", energy.requantizer_pj, "requantizer");
  visitor("vector_unit_pj", energy.vector_unit_pj, "vector unit");
  visitor("scratchpad_pj", energy.scratchpad_pj, "scratchpad");
  visitor("dram_pj", energy.dram_pj, "DRAM");
  visitor("leakage_pj", energy.leakage_pj, "leakage");
}

}  // namespace evenshift::sim

#pragma once

#include "sim/stats/run_statistics.h"

namespace evenshift::sim {

/// What bounds a layer: docs/timing.md, "Roofline". The classic picture (Williams, Waterman, Patterson, CACM 52(4),
/// 2009), with the work of the vector unit beside the MACs.
struct Roofline {
  double compute_floor_cycles = 0;       ///< macs / (mac_rows · mac_cols) + vector elements / lanes
  double memory_floor_cycles = 0;        ///< (bytes loaded + bytes stored) / dram.bytes_per_cycle
  double macs_per_byte = 0;              ///< arithmetic intensity: macs / (bytes loaded + stored); 0 without such bytes
  double attainable_macs_per_cycle = 0;  ///< macs / floor_cycles(); 0 without a floor
  double achieved_macs_per_cycle = 0;    ///< macs / cycles; 0 without cycles

  [[nodiscard]] bool memory_bound() const { return memory_floor_cycles > compute_floor_cycles; }
  /// The fewest cycles in which the layer could run, alone and with everything overlapped.
  [[nodiscard]] double floor_cycles() const { return memory_bound() ? memory_floor_cycles : compute_floor_cycles; }
};

Roofline roofline_of(const LayerStatistics& layer, const NpuConfig& config);

}  // namespace evenshift::sim

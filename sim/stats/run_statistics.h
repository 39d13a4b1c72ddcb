#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "arch/config/npu_config.h"
#include "arch/isa/commands.h"

/// What a timed run counted. Plain numbers; `visit_counters` names each one with its unit, once for text and JSON.
namespace evenshift::sim {

/// One layer of the network. The cycles of all layers add up to the run's total.
struct LayerStatistics {
  std::string name;
  std::string kind;
  std::int64_t commands = 0;
  std::int64_t start_cycle = 0;  ///< its first command started
  std::int64_t end_cycle = 0;    ///< its last command ended
  std::int64_t cycles = 0;       ///< its share of the total: docs/timing.md, "What the reports say"
  std::int64_t macs = 0;         ///< multiply-accumulates of its commands, padding included
  double utilization = 0;        ///< macs / (cycles · mac_rows · mac_cols); 0 where cycles is 0
  std::int64_t dram_read_bytes = 0;
  std::int64_t dram_written_bytes = 0;
  std::int64_t scratchpad_bytes = 0;  ///< read and written, by compute, load and store
  std::int64_t accumulator_updates = 0;
  std::int64_t requantized_outputs = 0;
  std::int64_t vector_elements = 0;  ///< that passed the lanes of the vector unit; pooling: taps
  std::int64_t conv_core_cycles = 0;
  std::int64_t vector_unit_cycles = 0;
  std::int64_t clamped_low = 0;   ///< outputs that a clamp raised
  std::int64_t clamped_high = 0;  ///< outputs that a clamp lowered
};

/// How a unit that has a queue spent the run: the cycles of all its states add up to the run's total.
struct UnitTime {
  std::int64_t commands = 0;
  std::int64_t busy_cycles = 0;                           ///< executing a command
  std::int64_t stalled_empty_queue_cycles = 0;            ///< no command has been fetched for it
  std::array<std::int64_t, 2> stalled_token_cycles = {};  ///< waiting for a token of isa::other_unit 0 and 1
  std::int64_t finished_cycles = 0;                       ///< after its last command
};

struct FetchStatistics {
  std::int64_t commands = 0;
  std::int64_t busy_cycles = 0;
  std::array<std::int64_t, 3> stalled_full_queue_cycles = {};  ///< indexed by isa::Unit
  std::int64_t finished_cycles = 0;
};

struct DmaStatistics {
  UnitTime time;
  std::int64_t bytes = 0;
  std::int64_t bursts = 0;
  std::int64_t transfer_cycles = 0;  ///< cycles that its bytes take at dma.bytes_per_cycle
  std::int64_t setup_cycles = 0;
  std::int64_t conflict_cycles = 0;   ///< more cycles because the compute unit used the scratchpad
  std::int64_t dram_wait_cycles = 0;  ///< the rest of busy_cycles: latency and shared bandwidth of the DRAM
};

struct ComputeStatistics {
  UnitTime time;
  std::int64_t conv_commands = 0;
  std::int64_t conv_cycles = 0;
  std::int64_t weight_stall_cycles = 0;
  std::int64_t requant_stall_cycles = 0;
  std::int64_t macs = 0;
  std::int64_t conv_clamped_low = 0;
  std::int64_t conv_clamped_high = 0;
  std::int64_t vector_commands = 0;
  std::int64_t vector_cycles = 0;
  std::int64_t vector_elements = 0;
  std::int64_t vector_clamped_low = 0;
  std::int64_t vector_clamped_high = 0;
};

struct DramStatistics {
  std::int64_t read_bytes = 0;
  std::int64_t written_bytes = 0;
  std::int64_t busy_cycles = 0;         ///< its bandwidth was in use
  std::int64_t arbitration_cycles = 0;  ///< sum over bursts: waited while another was transferred
  std::int64_t row_wait_cycles = 0;     ///< sum over bursts: waited longer, for rows to be opened
  std::int64_t row_hits = 0;            ///< sum over bursts: rows that were open
  std::int64_t row_misses = 0;          ///< sum over bursts: rows that were not
};

struct ScratchpadStatistics {
  std::int64_t compute_bytes = 0;  ///< read and written by the compute unit
  std::int64_t dma_bytes = 0;      ///< read and written by load and store
};

/// A command's time on its unit.
struct Interval {
  isa::Unit unit = isa::Unit::load;
  std::int64_t command = 0;  ///< index in Image::commands
  std::int64_t start_cycle = 0;
  std::int64_t end_cycle = 0;
  friend bool operator==(const Interval&, const Interval&) = default;
};

/// A command's way through the fetch unit.
struct FetchInterval {
  std::int64_t command = 0;
  std::int64_t start_cycle = 0;
  std::int64_t fetched_cycle = 0;  ///< it is decoded; from here on it waits for room in its queue
  std::int64_t end_cycle = 0;      ///< it enters its queue
  friend bool operator==(const FetchInterval&, const FetchInterval&) = default;
};

/// A token from the command that put it to the one that took it.
struct TokenTransfer {
  std::int64_t from_command = 0, to_command = 0;
  friend bool operator==(const TokenTransfer&, const TokenTransfer&) = default;
};

/// A burst on the port of the DRAM.
struct DramTransfer {
  bool writes = false;
  std::int64_t start_cycle = 0, cycles = 0, bytes = 0;
  friend bool operator==(const DramTransfer&, const DramTransfer&) = default;
};

struct RunStatistics {
  NpuConfig config;               ///< the machine that ran
  std::int64_t total_cycles = 0;  ///< from the start of the fetch unit to the end of the last command
  std::vector<LayerStatistics> layers;
  FetchStatistics fetch;
  DmaStatistics load;
  ComputeStatistics compute;
  DmaStatistics store;
  DramStatistics dram;
  ScratchpadStatistics scratchpad;

  // The timeline; empty unless it was asked for.
  std::vector<Interval> intervals;      ///< in order of their ends
  std::vector<FetchInterval> fetches;   ///< in order of the commands
  std::vector<TokenTransfer> tokens;    ///< in the order in which they were taken
  std::vector<DramTransfer> transfers;  ///< in order of their starts

  /// The most that the array can do: mac_rows · mac_cols.
  [[nodiscard]] std::int64_t macs_per_cycle() const;
  /// macs / (total_cycles · mac_rows · mac_cols).
  [[nodiscard]] double utilization() const;
  /// total_cycles at clock_mhz.
  [[nodiscard]] double milliseconds() const;
};

const char* name_of(isa::Unit unit);

/// {"schema_version", "machine", "clock_mhz", "total_cycles", …, "energy": {"mac_pj", …, "total_pj"}, "layers":
/// [{"name", "kind", "cycles", …, "roofline": {…}, "energy": {…}}], "units": {"fetch": {…}, "load": {…}, "compute":
/// {…}, "store": {…}, "dram": {…}, "scratchpad": {…}}}; units are in the keys.
nlohmann::ordered_json to_json(const RunStatistics& statistics);

}  // namespace evenshift::sim

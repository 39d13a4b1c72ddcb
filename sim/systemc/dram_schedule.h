#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "arch/config/npu_config.h"

namespace evenshift::sim::systemc {

/// When the DRAM's one data port and its banks serve bursts: docs/timing.md, "DRAM". Bursts are served in the order of
/// the calls. Every bank keeps its last row open.
class DramSchedule {
 public:
  struct Burst {
    std::int64_t granted_at = 0;            ///< its first byte passes the port
    std::int64_t held_cycles = 0;           ///< in which its bytes pass the port: ceil(bytes / dram.bytes_per_cycle)
    std::int64_t port_wait_cycles = 0;      ///< waited for the burst before
    std::int64_t row_wait_cycles = 0;       ///< waited longer, for its rows to be opened
    std::int64_t rows = 0, row_misses = 0;  ///< rows that it touches; those that were not open
  };

  /// Forgets everything: no row is open.
  void reset(const NpuConfig& config);
  /// A burst of at least one byte asks for the port in cycle `asked_at`.
  Burst serve(std::int64_t asked_at, std::int64_t address, std::int64_t bytes);

 private:
  struct Bank {
    std::optional<std::int64_t> open_row;
    std::int64_t free_at = 0;  ///< the last burst that used it has passed
  };

  NpuConfig::Dram port_;
  NpuConfig::DramRows rows_;
  std::vector<Bank> banks_;
  std::int64_t port_free_at_ = 0;
};

}  // namespace evenshift::sim::systemc

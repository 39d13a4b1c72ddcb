#pragma once

#include <cstdint>
#include <span>
#include <systemc>
#include <vector>

#include "arch/isa/footprint.h"
#include "sim/systemc/run.h"

namespace evenshift::sim::systemc {

/// The bytes between DRAM and the compute unit. The compute unit comes first at the banks, each DMA engine has what it
/// leaves.
class Scratchpad : public sc_core::sc_module {
 public:
  Scratchpad(sc_core::sc_module_name name, Run& run) : sc_module(name), run_(run) {}

  void reset();
  std::span<std::uint8_t> bytes() { return bytes_; }

  /// A compute command moves so many bytes in so many cycles from now on; 0 bytes at its end.
  void set_compute_traffic(std::int64_t bytes, std::int64_t duration);
  /// Bytes per cycle that a DMA engine can move now: docs/timing.md, "Load and store".
  [[nodiscard]] std::int64_t dma_bytes_per_cycle() const;

 private:
  Run& run_;
  std::vector<std::uint8_t> bytes_;
  std::int64_t compute_bytes_per_cycle_ = 0;
};

/// Bytes that a command writes when it starts and that are to be seen only when it ends.
class DeferredWrites {
 public:
  /// Before the command: notes what the rows that it may write hold.
  void begin(const isa::Operation& operation, const NpuConfig& config, std::span<const std::uint8_t> memory);
  /// After it: takes what it has written out of the memory, and puts back what was there.
  void withdraw(std::span<std::uint8_t> memory);
  /// At its end: puts the written bytes in.
  void commit(std::span<std::uint8_t> memory) const;

 private:
  std::vector<isa::Access> rows_;
  std::vector<std::uint8_t> before_;
  std::vector<std::uint8_t> after_;
};

}  // namespace evenshift::sim::systemc

#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <deque>
#include <vector>

#include "sim/systemc/command_unit.h"
#include "sim/systemc/scratchpad.h"

namespace evenshift::sim::systemc {

/// A DMA engine: copies rows of bytes between DRAM and the scratchpad in bursts. docs/timing.md, "Load and store".
class DmaUnit : public CommandUnit {
 public:
  tlm_utils::simple_initiator_socket<DmaUnit> socket;

  void reset() override;

 protected:
  /// A load's or a store's fields.
  struct Transfer {
    std::int64_t dram_address, scratchpad_address, rows, row_bytes, dram_stride, scratchpad_stride;
  };

  DmaUnit(sc_core::sc_module_name name, isa::Unit unit, tlm::tlm_command direction, Run& run, TokenBoard& tokens,
          Scratchpad& scratchpad)
      : CommandUnit(name, unit, run, tokens), socket("socket"), scratchpad_(scratchpad), direction_(direction) {}

  std::int64_t start(const isa::Command& command) override;
  std::optional<std::int64_t> advance(const isa::Command& command) override;
  UnitTime& time() override { return statistics().time; }
  virtual DmaStatistics& statistics() = 0;
  /// Called when all bytes have arrived where they belong.
  virtual void transfer_done() {}

 private:
  /// Sends the next burst. Returns the cycle in which the one after may be sent.
  std::int64_t send_burst();
  /// Cycles from now until the DRAM has moved the bytes of a burst that is sent now.
  std::int64_t transport(std::int64_t dram_address, std::span<std::uint8_t> bytes);
  void copy_scratchpad_rows();

  Scratchpad& scratchpad_;
  const tlm::tlm_command direction_;
  Transfer transfer_ = {};
  std::vector<std::uint8_t> staged_;  ///< the rows of the transfer one after the other
  std::int64_t sent_bytes_ = 0;
  std::int64_t run_bytes_ = 0;  ///< bytes that are consecutive in DRAM: a row, or all of them
  std::int64_t last_arrival_ = 0;
  std::deque<std::int64_t> in_flight_;  ///< arrivals of the last dma.outstanding_bursts bursts
};

/// DRAM to scratchpad. A burst reads DRAM when it is sent; the scratchpad has the bytes at the command's end.
class LoadUnit : public DmaUnit {
 public:
  LoadUnit(sc_core::sc_module_name name, Run& run, TokenBoard& tokens, Scratchpad& scratchpad)
      : DmaUnit(name, isa::Unit::load, tlm::TLM_READ_COMMAND, run, tokens, scratchpad) {}

 protected:
  DmaStatistics& statistics() override { return run_.statistics().load; }
};

class Dram;

/// Scratchpad to DRAM. The scratchpad is read at the command's start; DRAM has a burst's bytes when it has arrived.
class StoreUnit : public DmaUnit {
 public:
  StoreUnit(sc_core::sc_module_name name, Run& run, TokenBoard& tokens, Scratchpad& scratchpad, Dram& dram)
      : DmaUnit(name, isa::Unit::store, tlm::TLM_WRITE_COMMAND, run, tokens, scratchpad), dram_(dram) {}

 protected:
  DmaStatistics& statistics() override { return run_.statistics().store; }
  void transfer_done() override;

 private:
  Dram& dram_;
};

}  // namespace evenshift::sim::systemc

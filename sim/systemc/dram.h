#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <deque>
#include <span>
#include <vector>

#include "sim/systemc/dram_schedule.h"
#include "sim/systemc/run.h"

namespace evenshift::sim::systemc {

/// The memory behind the sockets of the two DMA engines, loosely timed: bursts pass its port one after the other, in
/// the order in which they ask; what they wait, pass and the latency are added to the transaction's delay. A read sees
/// the bytes of the moment at which it is made; bytes that are written can be seen when their transaction's delay is
/// over.
class Dram : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Dram> load_socket;
  tlm_utils::simple_target_socket<Dram> store_socket;

  Dram(sc_core::sc_module_name name, Run& run);
  void reset(std::vector<std::uint8_t> bytes);
  /// As they are now.
  std::span<const std::uint8_t> bytes();
  /// The same, given away.
  std::vector<std::uint8_t> take_bytes();

 private:
  struct Write {
    std::int64_t visible_at;
    std::uint64_t address;
    std::vector<std::uint8_t> bytes;
  };

  void transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  /// The delay of a burst that asks `asked_after` cycles from now, counted from now.
  std::int64_t delay_of(const tlm::tlm_generic_payload& payload, std::int64_t asked_after);
  /// Applies the writes that can be seen by now.
  void settle();

  Run& run_;
  DramSchedule schedule_;
  std::vector<std::uint8_t> bytes_;
  std::deque<Write> writes_;  ///< in the order of visible_at
};

}  // namespace evenshift::sim::systemc

#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include "sim/systemc/run.h"

namespace evenshift::sim::systemc {

/// Arbitrates between the two DMA engines: bursts pass to the DRAM one after the other, in the order in which they ask.
/// A burst holds the bus for ceil(bytes / dram.bytes_per_cycle); the wait is annotated on the transaction's delay.
class Bus : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Bus> load_socket;
  tlm_utils::simple_target_socket<Bus> store_socket;
  tlm_utils::simple_initiator_socket<Bus> dram_socket;

  Bus(sc_core::sc_module_name name, Run& run);
  void reset() { free_at_ = 0; }

 private:
  void transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);

  Run& run_;
  std::int64_t free_at_ = 0;
};

}  // namespace evenshift::sim::systemc

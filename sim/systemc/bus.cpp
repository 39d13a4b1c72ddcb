#include "sim/systemc/bus.h"

#include <algorithm>

namespace evenshift::sim::systemc {

Bus::Bus(sc_core::sc_module_name name, Run& run)
    : sc_module(name), load_socket("load_socket"), store_socket("store_socket"), dram_socket("dram_socket"), run_(run) {
  load_socket.register_b_transport(this, &Bus::transport);
  store_socket.register_b_transport(this, &Bus::transport);
}

void Bus::transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const std::int64_t bandwidth = run_.config().dram.bytes_per_cycle;
  const std::int64_t asked_at = run_.now() + static_cast<std::int64_t>(delay.value());
  const std::int64_t granted_at = std::max(asked_at, free_at_);
  const std::int64_t held = (static_cast<std::int64_t>(payload.get_data_length()) + bandwidth - 1) / bandwidth;
  free_at_ = granted_at + held;
  delay += cycles(granted_at - asked_at + held);
  DramStatistics& statistics = run_.statistics().dram;
  statistics.busy_cycles += held;
  statistics.arbitration_cycles += granted_at - asked_at;
  dram_socket->b_transport(payload, delay);
}

}  // namespace evenshift::sim::systemc

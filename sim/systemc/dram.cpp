#include "sim/systemc/dram.h"

#include <algorithm>

namespace evenshift::sim::systemc {

Dram::Dram(sc_core::sc_module_name name, Run& run)
    : sc_module(name), load_socket("load_socket"), store_socket("store_socket"), run_(run) {
  load_socket.register_b_transport(this, &Dram::transport);
  store_socket.register_b_transport(this, &Dram::transport);
}

void Dram::reset(std::vector<std::uint8_t> bytes) {
  bytes_ = std::move(bytes);
  writes_.clear();
  schedule_.reset(run_.config());
}

std::span<const std::uint8_t> Dram::bytes() {
  settle();
  return bytes_;
}

std::vector<std::uint8_t> Dram::take_bytes() {
  settle();
  return std::move(bytes_);
}

void Dram::transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  settle();
  const std::uint64_t address = payload.get_address();
  const std::size_t size = payload.get_data_length();
  if (address > bytes_.size() || size > bytes_.size() - address) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  delay = cycles(delay_of(payload, static_cast<std::int64_t>(delay.value())));
  const std::uint8_t* data = payload.get_data_ptr();
  DramStatistics& statistics = run_.statistics().dram;
  if (payload.is_read()) {
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(address), size, payload.get_data_ptr());
    statistics.read_bytes += static_cast<std::int64_t>(size);
  } else {
    writes_.push_back({run_.now() + static_cast<std::int64_t>(delay.value()), address, {data, data + size}});
    statistics.written_bytes += static_cast<std::int64_t>(size);
  }
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

std::int64_t Dram::delay_of(const tlm::tlm_generic_payload& payload, std::int64_t asked_after) {
  const auto bytes = static_cast<std::int64_t>(payload.get_data_length());
  const DramSchedule::Burst burst =
      schedule_.serve(run_.now() + asked_after, static_cast<std::int64_t>(payload.get_address()), bytes);
  DramStatistics& statistics = run_.statistics().dram;
  statistics.busy_cycles += burst.held_cycles;
  statistics.arbitration_cycles += burst.port_wait_cycles;
  statistics.row_wait_cycles += burst.row_wait_cycles;
  statistics.row_hits += burst.rows - burst.row_misses;
  statistics.row_misses += burst.row_misses;
  run_.record_transfer({payload.is_write(), burst.granted_at, burst.held_cycles, bytes});
  return burst.granted_at - run_.now() + burst.held_cycles + run_.config().dram.latency_cycles;
}

void Dram::settle() {
  for (; !writes_.empty() && writes_.front().visible_at <= run_.now(); writes_.pop_front())
    std::ranges::copy(writes_.front().bytes, bytes_.begin() + static_cast<std::ptrdiff_t>(writes_.front().address));
}

}  // namespace evenshift::sim::systemc

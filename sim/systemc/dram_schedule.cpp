#include "sim/systemc/dram_schedule.h"

#include <algorithm>

#include "arch/base/ceil_divide.h"

namespace evenshift::sim::systemc {

void DramSchedule::reset(const NpuConfig& config) {
  port_ = config.dram;
  rows_ = config.dram_rows;
  banks_.assign(static_cast<std::size_t>(rows_.bank_count), {});
  port_free_at_ = 0;
}

DramSchedule::Burst DramSchedule::serve(std::int64_t asked_at, std::int64_t address, std::int64_t bytes) {
  const std::int64_t first_row = address / rows_.bytes_per_row;
  const std::int64_t last_row = (address + bytes - 1) / rows_.bytes_per_row;
  const auto bank_of = [&](std::int64_t row) -> Bank& {
    return banks_[static_cast<std::size_t>(row % rows_.bank_count)];
  };
  Burst burst;
  burst.rows = last_row - first_row + 1;
  const std::int64_t port_ready_at = std::max(asked_at, port_free_at_);
  burst.granted_at = port_ready_at;
  for (std::int64_t row = first_row; row <= last_row; ++row) {
    Bank& bank = bank_of(row);
    if (bank.open_row == row) continue;
    ++burst.row_misses;
    bank.open_row = row;
    bank.free_at = std::max(asked_at, bank.free_at) + rows_.miss_cycles;
    burst.granted_at = std::max(burst.granted_at, bank.free_at);
  }
  burst.held_cycles = ceil_divide(bytes, port_.bytes_per_cycle);
  burst.port_wait_cycles = port_ready_at - asked_at;
  burst.row_wait_cycles = burst.granted_at - port_ready_at;
  port_free_at_ = burst.granted_at + burst.held_cycles;
  for (std::int64_t row = first_row; row <= last_row; ++row) bank_of(row).free_at = port_free_at_;
  return burst;
}

}  // namespace evenshift::sim::systemc

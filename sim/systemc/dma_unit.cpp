#include "sim/systemc/dma_unit.h"

#include <algorithm>

#include "arch/base/ceil_divide.h"
#include "arch/base/check.h"
#include "sim/systemc/dram.h"

namespace evenshift::sim::systemc {

void DmaUnit::reset() {
  CommandUnit::reset();
  in_flight_.clear();
  last_arrival_ = 0;
}

std::int64_t DmaUnit::start(const isa::Command& command) {
  std::visit(
      [&](const auto& op) {
        if constexpr (requires { op.dram_stride; })
          transfer_ = {op.dram_address, op.scratchpad_address, op.rows,
                       op.row_bytes,    op.dram_stride,        op.scratchpad_stride};
      },
      command.operation);
  const std::int64_t bytes = transfer_.rows * transfer_.row_bytes;
  const bool contiguous = transfer_.dram_stride == transfer_.row_bytes;
  run_bytes_ = contiguous ? bytes : transfer_.row_bytes;
  sent_bytes_ = 0;
  staged_.resize(static_cast<std::size_t>(bytes));
  if (direction_ == tlm::TLM_WRITE_COMMAND) copy_scratchpad_rows();

  const std::int64_t setup = run_.config().dma.setup_cycles;
  statistics().setup_cycles += setup;
  statistics().bytes += bytes;
  run_.statistics().scratchpad.dma_bytes += bytes;
  LayerStatistics& layer = run_.layer_of(current());
  (direction_ == tlm::TLM_READ_COMMAND ? layer.dram_read_bytes : layer.dram_written_bytes) += bytes;
  layer.scratchpad_bytes += bytes;
  return run_.now() + setup;
}

std::optional<std::int64_t> DmaUnit::advance(const isa::Command&) {
  const auto total = static_cast<std::int64_t>(staged_.size());
  if (sent_bytes_ < total) {
    const std::int64_t next = send_burst();
    return sent_bytes_ < total ? next : last_arrival_;
  }
  if (direction_ == tlm::TLM_READ_COMMAND) copy_scratchpad_rows();
  transfer_done();
  return std::nullopt;
}

std::int64_t DmaUnit::send_burst() {
  const auto& parameters = run_.config().dma;
  const std::int64_t row = sent_bytes_ / run_bytes_;
  const std::int64_t offset = sent_bytes_ % run_bytes_;
  const std::int64_t bytes = std::min(parameters.burst_bytes, run_bytes_ - offset);
  const std::int64_t unhindered = ceil_divide(bytes, parameters.bytes_per_cycle);
  const std::int64_t moving = ceil_divide(bytes, scratchpad_.dma_bytes_per_cycle());
  const std::span<std::uint8_t> part =
      std::span(staged_).subspan(static_cast<std::size_t>(sent_bytes_), static_cast<std::size_t>(bytes));

  const std::int64_t address = transfer_.dram_address + row * transfer_.dram_stride + offset;
  // The DRAM's port and the engine's move the bytes at the same time, each at its own rate; the engine's moves one
  // burst at a time.
  const std::int64_t dram_moving = ceil_divide(bytes, run_.config().dram.bytes_per_cycle);
  const std::int64_t at_engine =
      run_.now() + transport(address, part) + std::max<std::int64_t>(0, moving - dram_moving);
  last_arrival_ = std::max(at_engine, last_arrival_ + moving);
  sent_bytes_ += bytes;
  ++statistics().bursts;
  statistics().transfer_cycles += unhindered;
  statistics().conflict_cycles += moving - unhindered;

  in_flight_.push_back(last_arrival_);
  const std::int64_t paced = run_.now() + moving;
  if (static_cast<std::int64_t>(in_flight_.size()) < parameters.outstanding_bursts) return paced;
  const std::int64_t oldest = in_flight_.front();
  in_flight_.pop_front();
  return std::max(paced, oldest);
}

std::int64_t DmaUnit::transport(std::int64_t dram_address, std::span<std::uint8_t> bytes) {
  tlm::tlm_generic_payload payload;
  payload.set_command(direction_);
  payload.set_address(static_cast<std::uint64_t>(dram_address));
  payload.set_data_ptr(bytes.data());
  payload.set_data_length(static_cast<unsigned>(bytes.size()));
  payload.set_streaming_width(static_cast<unsigned>(bytes.size()));
  payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  socket->b_transport(payload, delay);
  check(payload.is_response_ok(), "a burst outside the DRAM");
  return static_cast<std::int64_t>(delay.value());
}

void DmaUnit::copy_scratchpad_rows() {
  const std::span<std::uint8_t> scratchpad = scratchpad_.bytes();
  auto staged = staged_.begin();
  for (std::int64_t row = 0; row < transfer_.rows; ++row, staged += transfer_.row_bytes) {
    const auto place = scratchpad.begin() + transfer_.scratchpad_address + row * transfer_.scratchpad_stride;
    if (direction_ == tlm::TLM_READ_COMMAND)
      std::copy_n(staged, transfer_.row_bytes, place);
    else
      std::copy_n(place, transfer_.row_bytes, staged);
  }
}

void StoreUnit::transfer_done() {
  const auto& layer_done = run_.job().observer.layer_done;
  if (layer_done && run_.is_last_store_of_its_layer(current()))
    layer_done(run_.command(current()).layer, dram_.bytes());
}

}  // namespace evenshift::sim::systemc

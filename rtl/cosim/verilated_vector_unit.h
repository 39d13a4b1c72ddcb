#pragma once

#include <verilated.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

#include "arch/base/check.h"
#include "arch/datapath/vector_timing.h"
#include "arch/datapath/vector_unit.h"
#include "arch/datapath/vector_work.h"
#include "arch/isa/codec.h"
#include "rtl/cosim/rtl_vector_unit.h"
#include "rtl/cosim/scratchpad_ports.h"

namespace evenshift::rtl {

/// Drives the Verilated class `Vmodel` of an evenshift_vector_unit of kLanes lanes, with the scratchpad at its ports.
/// Included where Verilated headers are, never beside <systemc>.
template <class Vmodel, std::size_t kLanes>
class VerilatedVectorUnit {
 public:
  /// Resets the unit and sets the inputs that stand still: what of the built unit the machine uses.
  void reset(const NpuConfig& config) {
    config_ = config;
    model_.rst_ni = 0;
    model_.start_i = 0;
    model_.command_write_i = 0;
    model_.operand_ready_i = 0;
    model_.lanes_i = static_cast<std::uint8_t>(config.vector_unit.lanes);
    model_.rounding_i = static_cast<std::uint8_t>(config.requantizer.rounding);
    clock();
    clock();
    model_.rst_ni = 1;
    clock();
  }

  /// Writes the command into the unit's registers, clocks it from its start to `done_o`, and answers its ports.
  datapath::VectorActivity run(const isa::Operation& operation, std::span<std::uint8_t> scratchpad) {
    write_command(operation);
    scratchpad_ = scratchpad;
    delivered_bytes_ = 0;

    std::int64_t cycles_left = 2 * datapath::vector_timing(operation, config_) + kVectorPipelineCycles;
    model_.start_i = 1;
    model_.eval();
    for (bool done = false; !done; --cycles_left) {
      check(cycles_left > 0, "the RTL vector unit does not come to an end");
      done = model_.done_o != 0;
      request();
      clock();
      model_.start_i = 0;
      answer();
    }
    if (model_.fault_o != 0)
      fail("a table of a command of {} leads outside the tile or asks for a shift above 62", isa::name_of(operation));

    datapath::VectorActivity activity;
    activity.cycles = static_cast<std::int64_t>(model_.cycles_o) +
                      std::max<std::int64_t>(0, config_.vector_unit.pipeline_cycles - kVectorPipelineCycles);
    activity.elements = std::visit(
        [](const auto& op) -> std::int64_t {
          if constexpr (datapath::kIsVector<std::decay_t<decltype(op)>>)
            return datapath::outputs_of(op);
          else
            return 0;
        },
        operation);
    activity.clamped_low = static_cast<std::int64_t>(model_.clamped_low_o);
    activity.clamped_high = static_cast<std::int64_t>(model_.clamped_high_o);
    return activity;
  }

 private:
  static constexpr std::size_t kTableBytes = std::max<std::size_t>(4 * kLanes, 16);

  void write_command(const isa::Operation& operation) {
    stream_.clear();
    isa::encode({.operation = operation, .tokens = {}, .layer = 0}, stream_);
    model_.command_write_i = 1;
    for (std::size_t byte = 0; byte < stream_.size(); byte += 4) {
      model_.command_word_i = static_cast<std::uint8_t>(byte / 4);
      model_.command_last_i = byte + 4 == stream_.size();
      std::memcpy(&model_.command_data_i, stream_.data() + byte, 4);
      clock();
    }
    model_.command_write_i = 0;
    while (model_.ready_o == 0) clock();
  }

  /// Takes the writes and the read requests of this cycle.
  void request() {
    const bool granted = model_.operand_read_o != 0 && delivered();
    model_.operand_ready_i = granted;
    read_a_ = granted && model_.a_read_o != 0;
    read_b_ = granted && model_.b_read_o != 0;
    read_table_ = model_.table_read_o != 0;
    a_address_ = model_.a_address_o;
    b_address_ = model_.b_address_o;
    table_address_ = model_.table_address_o;
    if (model_.write_o != 0) {
      const auto count = static_cast<std::size_t>(std::popcount(std::uint32_t{model_.write_strobe_o}));
      check(model_.write_address_o + count <= scratchpad_.size(), "the RTL vector unit writes outside the scratchpad");
      std::memcpy(scratchpad_.data() + model_.write_address_o, bytes_of(model_.write_data_o), count);
    }
  }

  /// Puts the bytes of the cycle before at the ports.
  void answer() {
    if (read_a_) read_scratchpad<kLanes>(scratchpad_, a_address_, bytes_of(model_.a_data_i));
    if (read_b_) read_scratchpad<kLanes>(scratchpad_, b_address_, bytes_of(model_.b_data_i));
    if (read_table_) read_scratchpad<kTableBytes>(scratchpad_, table_address_, bytes_of(model_.table_data_i));
  }

  /// The beat's bytes have come: one cycle for each `bandwidth` of them.
  bool delivered() {
    delivered_bytes_ += config_.scratchpad.banks * config_.scratchpad.bytes_per_bank_per_cycle;
    if (delivered_bytes_ < model_.operand_bytes_o) return false;
    delivered_bytes_ = 0;
    return true;
  }

  void clock() {
    model_.clk_i = 1;
    model_.eval();
    model_.clk_i = 0;
    model_.eval();
  }

  NpuConfig config_;
  VerilatedContext context_;
  Vmodel model_{&context_};
  std::vector<std::uint8_t> stream_;
  std::span<std::uint8_t> scratchpad_;
  std::int64_t delivered_bytes_ = 0;  ///< of the beat that waits

  bool read_a_ = false, read_b_ = false, read_table_ = false;
  std::uint32_t a_address_ = 0, b_address_ = 0, table_address_ = 0;
};

}  // namespace evenshift::rtl

#pragma once

#include <verilated.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "arch/base/check.h"
#include "arch/datapath/conv_timing.h"
#include "arch/isa/codec.h"
#include "arch/isa/weight_layout.h"
#include "rtl/cosim/accumulator_watch.h"
#include "rtl/cosim/clocked_core.h"
#include "rtl/cosim/rtl_conv_core.h"
#include "rtl/cosim/scratchpad_ports.h"
#include "rtl/cosim/vcd_dump.h"

namespace evenshift::rtl {

/// Drives the Verilated class `Vmodel` of an evenshift_conv_core of kSize x kSize with as many requantizer lanes.
/// Included where Verilated headers are, never beside <systemc>.
template <class Vmodel, std::size_t kSize>
class VerilatedCore : public ClockedCore {
 public:
  void reset(const NpuConfig& config) override {
    config_ = config;
    model_.rst_ni = 0;
    model_.start_i = 0;
    model_.command_write_i = 0;
    model_.operand_ready_i = 0;
    model_.accumulator_entries_i = static_cast<std::uint16_t>(config.conv_core.accumulator_entries);
    model_.requant_lanes_i =
        static_cast<std::uint8_t>(std::min(config.conv_core.requant_lanes, static_cast<std::int64_t>(kSize)));
    model_.rounding_i = static_cast<std::uint8_t>(config.requantizer.rounding);
    model_.requant_scale_i = static_cast<std::uint8_t>(config.requantizer.requant_scale);
    model_.multiplier_bits_i = static_cast<std::uint8_t>(config.requantizer.multiplier_bits);
    model_.shift_bits_i = static_cast<std::uint8_t>(config.requantizer.shift_bits);
    clock();
    clock();
    model_.rst_ni = 1;
    clock();
  }

  datapath::ConvActivity run(const isa::Conv& conv, std::span<std::uint8_t> scratchpad,
                             const datapath::AccumulatorObserver& observer) override {
    write_command(conv);
    ScratchpadPorts<Vmodel, kSize> ports(model_, scratchpad,
                                         config_.scratchpad.banks * config_.scratchpad.bytes_per_bank_per_cycle);
    AccumulatorWatch watch(conv, config_, observer);

    std::int64_t cycles_left = 2 * datapath::conv_timing(conv, config_).cycles + kPipelineCycles;
    model_.start_i = 1;
    model_.eval();
    for (bool done = false; !done; --cycles_left) {
      check(cycles_left > 0, "the RTL conv core does not come to an end");
      done = model_.done_o != 0;
      ports.request();
      if (watch.needed() && model_.accumulators_valid_o != 0) watch.drained(bytes_of(model_.accumulators_o));
      clock();
      model_.start_i = 0;
      ports.answer();
    }

    datapath::ConvActivity activity;
    activity.cycles = static_cast<std::int64_t>(model_.cycles_o) +
                      std::max<std::int64_t>(0, config_.conv_core.pipeline_cycles - kPipelineCycles);
    activity.macs = conv.output_height * conv.output_width * conv.output_channels * isa::reduction_size(conv);
    activity.weight_stall_cycles = static_cast<std::int64_t>(model_.weight_stalls_o);
    activity.requant_stall_cycles = static_cast<std::int64_t>(model_.requant_stalls_o);
    activity.clamped_low = static_cast<std::int64_t>(model_.clamped_low_o);
    activity.clamped_high = static_cast<std::int64_t>(model_.clamped_high_o);
    return activity;
  }

  void record(VcdRecording* recording) override {
    check(kTraced || recording == nullptr, "only a traced core is recorded");
    recording_ = recording;
  }

 private:
  /// Words into the registers, and the cycles in which the core prepares the command.
  void write_command(const isa::Conv& conv) {
    stream_.clear();
    isa::encode({.operation = conv, .tokens = {}, .layer = 0}, stream_);
    model_.command_write_i = 1;
    for (std::size_t word = 0; 4 * word < stream_.size(); ++word) {
      model_.command_word_i = static_cast<std::uint8_t>(word);
      std::memcpy(&model_.command_data_i, stream_.data() + 4 * word, 4);
      clock();
    }
    model_.command_write_i = 0;
    while (model_.ready_o == 0) clock();
  }

  void clock() {
    half_cycle(1);
    half_cycle(0);
  }

  void half_cycle(std::uint8_t clk) {
    model_.clk_i = clk;
    model_.eval();
    ++half_cycles_;
    if constexpr (kTraced)
      if (recording_ != nullptr) recording_->dump().half_cycle(model_, half_cycles_);
  }

  static constexpr bool kTraced = requires(Vmodel & model, VerilatedVcdC* vcd) { model.trace(vcd, 0); };

  struct Context : VerilatedContext {
    Context() { traceEverOn(kTraced); }
  };

  NpuConfig config_;
  VcdRecording* recording_ = nullptr;
  std::int64_t half_cycles_ = 0;
  Context context_;
  Vmodel model_{&context_};
  std::vector<std::uint8_t> stream_;
};

}  // namespace evenshift::rtl

#include "rtl/cosim/sequencer.h"

#include <algorithm>
#include <cstring>

#include "arch/base/check.h"
#include "rtl/cosim/rtl_conv_core.h"

namespace evenshift::rtl {

Sequencer::Sequencer(const isa::Conv& conv, const NpuConfig& config, std::span<std::uint8_t> scratchpad,
                     const datapath::AccumulatorObserver& observer, Datapath& datapath)
    : conv_(conv),
      scratchpad_(scratchpad),
      pipeline_cycles_(std::max(kPipelineCycles, config.conv_core.pipeline_cycles)),
      datapath_(datapath),
      ports_(datapath.ports()),
      plan_(conv, config),
      loader_(conv, plan_, config.conv_core.mac_cols, scratchpad.subspan(static_cast<std::size_t>(conv.weight_address)),
              ports_.weights),
      operands_(conv, plan_, config.conv_core.mac_rows, config.conv_core.mac_cols, scratchpad, ports_),
      drainer_(conv, plan_, config, scratchpad, observer, ports_) {
  datapath_.set_layer({static_cast<std::uint32_t>(conv.multiplier),
                       static_cast<int>(conv.shift),
                       config.requantizer.rounding,
                       config.requantizer.requant_scale,
                       {static_cast<std::int32_t>(conv.output_zero_point), static_cast<std::int32_t>(conv.clamp_low),
                        static_cast<std::int32_t>(conv.clamp_high)}});
}

datapath::ConvActivity Sequencer::run() {
  for (const Tile& tile : plan_.tiles) run_tile(tile);
  for (; drainer_.pending() > 0; ++activity_.requant_stall_cycles) idle_cycle();
  for (std::int64_t i = 0; i < pipeline_cycles_; ++i) idle_cycle();
  check(drainer_.empty(), "a drain request did not come back");
  return activity_;
}

void Sequencer::run_tile(const Tile& tile) {
  bool first_pass = true;
  for (const Pass& pass : plan_.passes[tile.block]) {
    for (; !loader_.ready(); ++activity_.weight_stall_cycles) idle_cycle();
    // The tile two before this one had the same bank.
    for (; first_pass && drainer_.pending() > 1; ++activity_.requant_stall_cycles) idle_cycle();
    stream(tile, pass, first_pass);
    first_pass = false;
  }
  if (conv_.finishes != 0) drainer_.enqueue(tile);
}

void Sequencer::stream(const Tile& tile, const Pass& pass, bool first_pass) {
  operands_.begin_pass(tile, pass);
  std::int64_t y = tile.first_position / conv_.output_width;
  std::int64_t x = tile.first_position % conv_.output_width;
  for (std::int64_t i = 0; i < tile.positions; ++i) {
    Controls controls;
    controls.operands_valid = true;
    controls.depthwise = plan_.depthwise;
    controls.accumulate_bank = tile.bank;
    controls.accumulate_entry = static_cast<std::uint32_t>(tile.first_entry + i);
    controls.from_bias = first_pass && conv_.continues == 0;
    operands_.fetch(y, x);
    if (i == 0) {
      controls.weight_swap = true;
      loader_.swapped();
      if (controls.from_bias) load_biases(tile, controls);
    }
    cycle(controls);
    activity_.macs += pass.rows * plan_.blocks[tile.block].channels;
    const std::int64_t position_cycles = i == 0 || x == 0 ? pass.row_start_cycles : pass.next_position_cycles;
    for (std::int64_t wait = 1; wait < position_cycles; ++wait) idle_cycle();
    if (++x == conv_.output_width) {
      x = 0;
      ++y;
    }
  }
}

void Sequencer::load_biases(const Tile& tile, Controls& controls) {
  const isa::ColumnBlock& block = plan_.blocks[tile.block];
  std::memcpy(ports_.biases, scratchpad_.data() + conv_.bias_address + 4 * block.first_channel,
              static_cast<std::size_t>(4 * block.channels));
  controls.bias_load = true;
}

void Sequencer::idle_cycle() {
  Controls controls;
  cycle(controls);
}

void Sequencer::cycle(Controls& controls) {
  loader_.step(controls);
  drainer_.step(controls);
  drainer_.collect(datapath_.clock(controls), activity_);
  ++activity_.cycles;
}

}  // namespace evenshift::rtl

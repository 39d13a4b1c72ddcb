#pragma once

#include <verilated.h>

#include <bit>
#include <memory>

#include "rtl/cosim/datapath.h"

namespace evenshift::rtl {

static_assert(std::endian::native == std::endian::little, "wide ports are written as bytes");

/// Drives the Verilated class `Vmodel` of evenshift_conv_datapath. Included where Verilated headers are, never beside
/// <systemc>.
template <class Vmodel>
class Driver : public Datapath {
 public:
  void reset() override {
    model_.clk_i = 0;
    model_.rst_ni = 0;
    model_.eval();
    clock({});
    clock({});
    model_.rst_ni = 1;
    clock({});
  }

  void set_layer(const LayerInputs& layer) override {
    model_.multiplier_i = layer.multiplier;
    model_.shift_i = static_cast<std::uint8_t>(layer.shift);
    model_.rounding_i = static_cast<std::uint8_t>(layer.rounding);
    model_.requant_scale_i = static_cast<std::uint8_t>(layer.requant_scale);
    model_.zero_point_i = static_cast<std::uint8_t>(layer.range.zero_point);
    model_.clamp_low_i = static_cast<std::uint8_t>(layer.range.low);
    model_.clamp_high_i = static_cast<std::uint8_t>(layer.range.high);
  }

  Outputs clock(const Controls& controls) override {
    model_.weight_load_i = controls.weight_load;
    model_.weight_row_i = static_cast<std::uint8_t>(controls.weight_row);
    model_.weight_swap_i = controls.weight_swap;
    model_.operands_valid_i = controls.operands_valid;
    model_.depthwise_i = controls.depthwise;
    model_.accumulate_bank_i = controls.accumulate_bank;
    model_.accumulate_entry_i = static_cast<std::uint16_t>(controls.accumulate_entry);
    model_.from_bias_i = controls.from_bias;
    model_.bias_load_i = controls.bias_load;
    model_.drain_i = controls.drain;
    model_.drain_bank_i = controls.drain_bank;
    model_.drain_entry_i = static_cast<std::uint16_t>(controls.drain_entry);
    model_.drain_group_i = static_cast<std::uint8_t>(controls.drain_group);
    model_.scale_load_i = controls.scale_load;
    model_.clk_i = 1;
    model_.eval();
    model_.clk_i = 0;
    model_.eval();
    return {model_.accumulators_valid_o != 0, model_.codes_valid_o != 0, model_.clamped_low_o, model_.clamped_high_o};
  }

  [[nodiscard]] WidePorts ports() override {
    return {bytes(model_.weights_i),
            bytes(model_.operands_i),
            bytes(model_.depthwise_operands_i),
            bytes(model_.biases_i),
            bytes(model_.channel_multipliers_i),
            bytes(model_.channel_shifts_i),
            bytes(model_.accumulators_o),
            bytes(model_.codes_o),
            sizeof(model_.codes_o)};  // 8 bits a lane; lanes are a power of two
  }

 private:
  template <class Port>
  static std::uint8_t* bytes(Port& port) {
    return reinterpret_cast<std::uint8_t*>(&port);
  }

  VerilatedContext context_;
  Vmodel model_{&context_};
};

}  // namespace evenshift::rtl

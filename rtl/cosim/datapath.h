#pragma once

#include <cstdint>

#include "arch/numerics/requantize.h"

namespace evenshift::rtl {

/// One-bit and narrow inputs of evenshift_conv_datapath for one cycle; its `_i` ports of the same names.
struct Controls {
  bool weight_load = false;
  bool weight_swap = false;
  bool operands_valid = false;
  bool depthwise = false;
  bool accumulate_bank = false;
  bool from_bias = false;
  bool bias_load = false;
  bool drain = false;
  bool drain_bank = false;
  bool scale_load = false;
  std::uint32_t weight_row = 0;
  std::uint32_t accumulate_entry = 0;
  std::uint32_t drain_entry = 0;
  std::uint32_t drain_group = 0;
};

/// Inputs that hold for a whole command.
struct LayerInputs {
  std::uint32_t multiplier = 0;
  int shift = 0;
  RoundingMode rounding = RoundingMode::half_up;
  RequantScale requant_scale = RequantScale::layer;
  OutputRange range;
};

/// Narrow outputs after a clock edge.
struct Outputs {
  bool accumulators_valid = false;
  bool codes_valid = false;
  std::uint32_t clamped_low = 0;   ///< bit l: lane l
  std::uint32_t clamped_high = 0;  ///< bit l: lane l
};

/// The memory of the wide ports, little-endian; inputs keep their value until they are written again.
struct WidePorts {
  std::uint8_t* weights = nullptr;              ///< [column]
  std::uint8_t* operands = nullptr;             ///< [row]
  std::uint8_t* depthwise_operands = nullptr;   ///< [row][column]
  std::uint8_t* biases = nullptr;               ///< [column], 32 bits
  std::uint8_t* channel_multipliers = nullptr;  ///< [column], 31 bits, packed
  std::uint8_t* channel_shifts = nullptr;       ///< [column], 6 bits, packed
  const std::uint8_t* accumulators = nullptr;   ///< [column], 32 bits
  const std::uint8_t* codes = nullptr;          ///< [lane]
  std::int64_t requant_lanes = 0;               ///< lanes that were built
};

/// A Verilated evenshift_conv_datapath of some size, one clock cycle at a time. The class behind it is hidden.
class Datapath {
 public:
  virtual ~Datapath() = default;
  virtual void reset() = 0;
  virtual void set_layer(const LayerInputs& layer) = 0;
  virtual Outputs clock(const Controls& controls) = 0;
  [[nodiscard]] virtual WidePorts ports() = 0;
};

}  // namespace evenshift::rtl

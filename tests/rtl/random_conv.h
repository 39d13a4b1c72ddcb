#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "arch/config/npu_config.h"
#include "arch/isa/commands.h"

namespace evenshift::rtl {

/// Conv commands that follow each other on one machine: one that stands alone, or a chain in which all but the last
/// keep their accumulators and all but the first continue. Addresses do not overlap.
struct ConvCommands {
  NpuConfig config;
  std::vector<isa::Conv> commands;
  std::vector<std::uint8_t> scratchpad;
};

/// Draws from `random`: a machine of `size` x `size` with small accumulator banks, any rounding mode, requantization
/// scale, shift, multiplier and weight bits; and commands of any kind of convolution.
ConvCommands random_conv_commands(std::mt19937& random, std::int64_t size);

}  // namespace evenshift::rtl

#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "arch/config/npu_config.h"
#include "arch/isa/commands.h"

namespace evenshift::rtl {

/// A command of the vector unit on a machine; what it writes overlaps what it reads only in place.
struct VectorCommand {
  NpuConfig config;
  isa::Operation operation;
  std::vector<std::uint8_t> scratchpad;
};

/// Commands of the vector unit that random_vector_command draws, in the order of `kind`.
inline constexpr int kVectorKinds = 8;

/// Draws a command from `random`: add, multiply, max_pool, average_pool, lookup, parametric_relu, gather, fill; on a
/// machine of 1 to 32 lanes, of any rounding mode, with a scratchpad that may be too slow for them.
VectorCommand random_vector_command(std::mt19937& random, int kind);

}  // namespace evenshift::rtl

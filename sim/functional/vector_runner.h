#pragma once

#include <span>

#include "arch/config/npu_config.h"
#include "arch/isa/commands.h"
#include "sim/functional/kernels.h"

namespace evenshift::sim {

/// Executes a command of the vector unit as datapath::execute_vector does, with vector instructions where they pay and
/// where outputs do not overwrite inputs that are still to be read.
void run_vector(const isa::Operation& operation, const NpuConfig& config, const Kernels& kernels,
                std::span<std::uint8_t> scratchpad);

}  // namespace evenshift::sim

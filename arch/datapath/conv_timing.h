#pragma once

#include <cstdint>

#include "arch/datapath/conv_core.h"
#include "arch/isa/weight_layout.h"

namespace evenshift::datapath {

/// Cycles in which a column block's biases and scales are read, before its first weights.
inline constexpr std::int64_t kParameterCycles = 1;

/// Cycles and stalls of a conv command on the machine, by the formulas of docs/timing.md; `macs` too, the clamp counts
/// are 0. Depends on the command and the configuration alone, never on data. Of the cycles, those that are neither
/// stalls nor pipeline_cycles are cycles in which the array has operands.
ConvActivity conv_timing(const isa::Conv& conv, const NpuConfig& config);

/// Passes in which a stripe of the block is summed: docs/timing.md, "Conv".
std::int64_t passes_of(const isa::Conv& conv, const isa::ColumnBlock& block, const NpuConfig& config);

}  // namespace evenshift::datapath

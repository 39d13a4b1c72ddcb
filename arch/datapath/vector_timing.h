#pragma once

#include <cstdint>

#include "arch/config/npu_config.h"
#include "arch/isa/commands.h"

namespace evenshift::datapath {

/// Cycles in which a lookup takes over its table: 256 bytes, 16 in a cycle.
inline constexpr std::int64_t kTableLoadCycles = 16;

/// Cycles of a command of the vector unit, by the formulas of docs/timing.md; 0 for all other commands. Depends on the
/// command and the configuration alone, never on data.
std::int64_t vector_timing(const isa::Operation& operation, const NpuConfig& config);

}  // namespace evenshift::datapath

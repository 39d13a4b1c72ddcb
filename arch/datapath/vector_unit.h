#pragma once

#include <cstdint>
#include <span>

#include "arch/config/npu_config.h"
#include "arch/isa/commands.h"

namespace evenshift::datapath {

/// What one vector command did.
struct VectorActivity {
  std::int64_t cycles = 0;
  std::int64_t elements = 0;      ///< outputs written
  std::int64_t clamped_low = 0;   ///< outputs that the clamp raised
  std::int64_t clamped_high = 0;  ///< outputs that the clamp lowered
  friend bool operator==(const VectorActivity&, const VectorActivity&) = default;
};

/// Executes a command of the vector unit (every compute command but conv; sync does nothing) on the scratchpad: the
/// definition, as readable loops. The command has passed isa::command_fault. Throws Error for a table whose contents
/// lead outside the tile or ask for an impossible shift. Cycles by vector_timing.
VectorActivity execute_vector(const isa::Operation& operation, const NpuConfig& config,
                              std::span<std::uint8_t> scratchpad);

/// Cycles of a vector command: pipeline_cycles + max(ceil(work / lanes), ceil(traffic / scratchpad bytes per cycle)),
/// work being elements, or taps for pooling, and traffic the bytes that it reads and writes; 0 for sync.
/// docs/timing.md.
std::int64_t vector_timing(const isa::Operation& operation, const NpuConfig& config);

}  // namespace evenshift::datapath

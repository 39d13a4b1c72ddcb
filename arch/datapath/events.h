#pragma once

#include <cstdint>

#include "arch/config/npu_config.h"
#include "arch/isa/commands.h"

namespace evenshift::datapath {

/// What a compute command does that costs energy, besides its MACs: docs/energy.md. All 0 for sync, load and store.
struct Events {
  std::int64_t accumulator_updates = 0;  ///< an accumulator is read, or begun from its bias, and written
  std::int64_t requantized_outputs = 0;  ///< accumulators that pass the requantizer
  std::int64_t vector_elements = 0;      ///< elements (pooling: taps) that pass the lanes of the vector unit
  std::int64_t scratchpad_bytes = 0;     ///< scratchpad_traffic
  friend bool operator==(const Events&, const Events&) = default;
};

/// Depends on the command and the configuration alone. With the passes of docs/timing.md,
///
///     accumulator_updates = sum over column blocks of positions · passes · channels of the block
Events events_of(const isa::Operation& operation, const NpuConfig& config);

}  // namespace evenshift::datapath

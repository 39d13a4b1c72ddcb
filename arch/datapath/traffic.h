#pragma once

#include <cstdint>

#include "arch/config/npu_config.h"
#include "arch/isa/commands.h"

namespace evenshift::datapath {

/// Bytes that a compute command moves between its unit and the scratchpad, reads and writes together; a byte that is
/// read twice counts twice. 0 for sync, load and store.
///
///     conv, regular or grouped   positions · reduction · column blocks            operands
///     conv, depthwise            positions · kernel_height · new columns · input channels of the blocks
///     conv, both                 + packed weights · stripes + 4 · output_channels + positions · output_channels
///     vector unit                elements (pooling: taps) · operands + outputs
///
/// New columns, stripes: docs/timing.md. Biases are read and outputs written by commands that begin and finish alone.
std::int64_t scratchpad_traffic(const isa::Operation& operation, const NpuConfig& config);

}  // namespace evenshift::datapath

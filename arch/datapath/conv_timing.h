#pragma once

#include <cstdint>

#include "arch/datapath/conv_core.h"

namespace evenshift::datapath {

/// Cycles and stalls of a conv command on the machine, by the formulas of docs/timing.md; `macs` too, the clamp counts
/// are 0. Depends on the command and the configuration alone, never on data.
ConvActivity conv_timing(const isa::Conv& conv, const NpuConfig& config);

}  // namespace evenshift::datapath

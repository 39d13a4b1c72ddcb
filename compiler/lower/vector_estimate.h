#pragma once

#include <cstdint>

#include "compiler/lower/layer_context.h"

namespace evenshift::compiler {

/// Estimated cycles of a layer of the vector unit that does `work` elements or taps: the busiest of vector unit, load
/// DMA, store DMA and DRAM, plus a quarter of its transfers, which nothing hides.
std::int64_t vector_cycles(const LayerView& layer, std::int64_t work);

}  // namespace evenshift::compiler

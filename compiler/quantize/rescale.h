#pragma once

#include "compiler/quantize/quantized_graph.h"

namespace evenshift::compiler {

/// The multiplier and shift, |M| below 2^multiplier_bits, nearest to a scale.
Rescale rescale_for(double scale, int multiplier_bits);

/// round(scale · 2^shift), ties to even, within 32 bits.
std::int32_t multiplier_at(double scale, int shift);

}  // namespace evenshift::compiler

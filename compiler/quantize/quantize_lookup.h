#pragma once

#include "arch/numerics/quantization.h"
#include "compiler/ir/graph.h"
#include "compiler/quantize/quantized_graph.h"

namespace evenshift::compiler {

/// The table of a function: table[q] = quantize(f(dequantize(q))), computed in double precision.
///
/// With rounding tflite_double, changes of scale alone and leaky ReLUs are as TFLite computes them in integers: z_y +
/// MultiplyByQuantizedMultiplier(q - z_x, S_x / S_y), of negative ones times alpha. Source: TFLite `Requantize`,
/// `QuantizeLeakyRelu`.
QuantizedLookup tabulate(const Activation& activation, const QuantParams& input, const QuantParams& output,
                         RoundingMode rounding);

}  // namespace evenshift::compiler

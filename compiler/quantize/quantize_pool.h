#pragma once

#include "arch/config/npu_config.h"
#include "compiler/quantize/quantize_conv.h"
#include "compiler/quantize/quantized_graph.h"

namespace evenshift::compiler {

/// Scales of an average pooling: S_x / S_y over the number of taps.
///
/// With rounding tflite_double and the same parameters at both sides, the mean is taken as TFLite takes it: of the
/// codes themselves, rounded half away from zero. So the zero points are 0, and M is rounded up: for sums of up to 2^15
/// codes a tie then stays one, and nothing else becomes one.
QuantizedAveragePool quantize_average_pool(const AveragePool& pool, const QuantParams& input, const QuantParams& output,
                                           const NpuConfig::Requantizer& requantizer);

}  // namespace evenshift::compiler

#pragma once

#include <cstdint>
#include <vector>

#include "compiler/quantize/quantized_graph.h"

namespace evenshift::compiler {

/// A quantized network as an ONNX model, opset 13 (20 where it has a Gelu), with QuantizeLinear and DequantizeLinear:
///
///  - every value that the machine computes is followed by both, int8, S and z of the value;
///  - weights are int8 initializers with one scale an output channel, S_w · 2^-k_c (whatever of M · 2^-n · S_y / S_x
///  that
///    is), biases int32 with S_x times that, the zero-point term -z_x · Σ w taken off;
///  - fused clamps are Clips to the numbers of their codes.
///
/// Scales become float. import_onnx makes the same integers of it, for networks whose own scales are floats, as those
/// that this compiler chooses and those that it imports (but for the last bits of M in TFLite's dense layers with one
/// scale, where TFLite rounds S_x · S_w to float). Batch 1; input and outputs have the dimensions of the source.
/// Returns the bytes of the file, the same for the same network.
std::vector<std::uint8_t> qdq_model(const QuantizedGraph& network);

}  // namespace evenshift::compiler

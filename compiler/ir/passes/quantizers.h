#pragma once

#include "compiler/ir/graph.h"

namespace evenshift::compiler {

/// Removes quantizers that change nothing: of a value that is on the same grid already (made by a quantizer with the
/// same parameters, behind it only nodes that copy codes), and the first of two with the same parameters around a
/// clamp: clamping codes and rounding what is clamped is the same.
bool drop_quantizers(Graph& graph);

/// Turns the quantizers that are left into Value::quant: of the value that they read, and of those that share their
/// codes with it; where that value already has other parameters, of their own output, and they become a function that
/// changes nothing but the codes. A quantizer of a softmax vanishes: the host computes in floating point. To be run
/// when all other passes are done.
void settle_quantizers(Graph& graph);

/// Whether quantization has nothing to choose: every value that the machine computes has parameters, or shares the
/// codes of one that has.
bool is_quantized(const Graph& graph);

}  // namespace evenshift::compiler

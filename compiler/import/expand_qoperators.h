#pragma once

#include <string_view>
#include <vector>

#include "compiler/import/onnx_model.h"

namespace evenshift::compiler::importer {

/// Names of the operators that expand_qoperators knows, for the documentation.
std::vector<std::string_view> qoperator_names();

/// Replaces operators on integers, with scales and zero points among their inputs (QLinearConv, QLinearMatMul, and
/// those that onnxruntime writes in the domain com.microsoft), by what they mean: DequantizeLinear of each operand, the
/// operator on real numbers, QuantizeLinear. A bias of int32 is in units of the product of the two scales, which have
/// to be initializers; where they are not, the node stays as it is and is reported as not supported.
void expand_qoperators(OnnxModel& model);

}  // namespace evenshift::compiler::importer

#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "compiler/import/tflite/tflite_model.h"

namespace evenshift::test {

/// Codes in the order of the file, channels last.
using TfliteCodes = std::vector<std::int8_t>;

/// TFLite's reference arithmetic for int8, from its published definition and without this project's: what operator
/// `op` makes of its computed inputs (by tensor index). Knows CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED, ADD, SUB,
/// MUL, AVERAGE_POOL_2D, MAX_POOL_2D and RESHAPE; false for others.
bool run_tflite_kernel(const compiler::tflite::TfliteModel& model, const compiler::tflite::TfliteOperator& op,
                       std::map<std::int32_t, TfliteCodes>& tensors);

}  // namespace evenshift::test

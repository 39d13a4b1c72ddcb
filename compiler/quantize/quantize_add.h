#pragma once

#include <cstdint>

#include "arch/config/npu_config.h"
#include "compiler/quantize/quantize_conv.h"
#include "compiler/quantize/quantized_graph.h"

namespace evenshift::compiler {

/// What an addition or subtraction is quantized to.
struct PairParams {
  QuantParams a, b, output;
};

/// M_a, M_b and n of an addition: S_a / S_y and ±S_b / S_y with one shift, so that the greater uses all of
/// multiplier_bits.
///
/// TFLite rounds three times, at 2^-20 of the operands' scale and at some 2^-18 of a code, the machine once; the two
/// can differ only by one code, and only where the sum is that close to a tie. With rounding tflite_double the
/// multipliers are therefore compared with TFLite's ADD over all 65536 pairs of codes, and moved by a few units while
/// that makes fewer of them differ.
QuantizedAdd quantize_add(const Add& op, const PairParams& params, const NpuConfig::Requantizer& requantizer);

/// TFLite's ADD (or SUB) of two codes. Source: TFLite `AddElementwise` with left_shift 20.
std::int8_t tflite_add(std::int8_t a, std::int8_t b, const Add& op, const PairParams& params);

/// Pairs of codes, of all 65536, for which the machine gives another code than tflite_add.
std::int64_t differences_from_tflite(const QuantizedAdd& quantized, const Add& op, const PairParams& params);

}  // namespace evenshift::compiler

#pragma once

#include <string>

#include "arch/config/npu_config.h"
#include "compiler/quantize/layer_report.h"
#include "compiler/quantize/quantize_conv.h"
#include "compiler/quantize/quantized_graph.h"

namespace evenshift::compiler {

/// Integers of a conv that has codes (Conv::codes), as they are: weights, scales, and bias where its scale is
/// S_x · S_w,c (to 1e-5, as tools write it); else b_c = round(bias / (S_x · S_w,c)). The zero-point term -z_x · Σ w is
/// added.
///
///     layer                     all S_w,c equal
///     layer_with_channel_shift  S_w,c = S_w · 2^-k_c with k_c < 2^shift_bits
///     channel_shift_only        S_x · S_w,c / S_y = 2^-n_c with n_c < 32
///     channel_multiplier        any: M_c · 2^-n_c ≈ S_x · S_w,c / S_y
///
/// Throws Error naming the layer where the machine's requant scale cannot carry the scales, and where a channel does
/// not fit accumulator_bits.
QuantizedConv take_over_conv(const Conv& conv, const std::string& name, const ConvTarget& target,
                             const NpuConfig& config, LayerReport& report);

}  // namespace evenshift::compiler

#pragma once

#include <string>
#include <vector>

#include "arch/config/npu_config.h"
#include "arch/numerics/quantization.h"
#include "compiler/ir/graph.h"
#include "compiler/quantize/layer_report.h"
#include "compiler/quantize/quantized_graph.h"

namespace evenshift::compiler {

/// What a conv is quantized to.
struct ConvTarget {
  QuantParams input;
  QuantParams output;
  int weight_bits = 8;
  /// k_c of every output channel for layer_with_channel_shift, from an equalizer; empty is all 0. Other requant scales
  /// take no shifts.
  std::vector<int> shifts;
};

/// Integers of a conv for the machine's requant scale. With S_w = L / (2^(weight_bits-1) - 1):
///
///     layer, layer_with_channel_shift  w = round(W_c · 2^k_c / S_w),  b = round(bias · 2^k_c / (S_x · S_w)) - z_x · Σ
///     w
///                                      M · 2^-n ≈ S_x · S_w / S_y
///     channel_multiplier               the same with S_w,c = R_c / (2^(weight_bits-1) - 1), k_c = 0, M_c and n_c
///     channel_shift_only               S_w,c = S_y / S_x · 2^-n_c, the smallest that covers R_c; where none does, n_c
///     = 0,
///                                      the weights are clipped and the channel is reported
///
/// Overflow guard: while |b_c| + Σ|w| · max|q| does not fit accumulator_bits, k_c is lowered (n_c for
/// channel_shift_only); if it does not fit at 0, S_w is doubled. Both are reported. Throws Error naming the layer where
/// channel_shift_only cannot carry a bias. Source: numerics.md, "Quantities"; arXiv:2008.05767.
QuantizedConv quantize_conv(const Conv& conv, const std::string& name, const ConvTarget& target,
                            const NpuConfig& config, LayerReport& report);

/// Code range of a fused activation in the output's codes.
OutputRange output_range(const Clamp& clamp, const QuantParams& output);

}  // namespace evenshift::compiler

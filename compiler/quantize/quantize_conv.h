#pragma once

#include <string>

#include "arch/config/npu_config.h"
#include "arch/numerics/quantization.h"
#include "compiler/ir/graph.h"
#include "compiler/quantize/layer_report.h"
#include "compiler/quantize/quantized_graph.h"
#include "compiler/weights/weight_plan.h"

namespace evenshift::compiler {

/// What a conv is quantized to.
struct ConvTarget {
  QuantParams input;
  QuantParams output;
  WeightPlan plan;
};

/// Integers of a conv on the grid of its plan, for the machine's requant scale. With s_c = plan.grid.scale(c):
///
///     w = plan's codes, or clamp(round(W_c / s_c));  b = round(bias / (S_x · s_c)) - z_x · Σ w
///     layer, layer_with_channel_shift  M · 2^-n ≈ S_x · S_w / S_y, and k_c
///     channel_shift_only               M = 1, n_c; a channel that n_c = 0 cannot cover is reported
///     channel_multiplier               M_c · 2^-n_c ≈ S_x · s_c / S_y
///
/// Overflow guard: while |b_c| + Σ|w| · max|q| does not fit accumulator_bits, k_c is lowered (n_c for
/// channel_shift_only); if it does not fit at 0, the scale is doubled. Both are reported; weights whose grid has moved
/// are rounded again. Throws Error naming the layer where channel_shift_only cannot carry a bias.
/// Source: numerics.md, "Quantities"; arXiv:2008.05767.
QuantizedConv quantize_conv(const Conv& conv, const std::string& name, const ConvTarget& target,
                            const NpuConfig& config, LayerReport& report);

/// Code range of a fused activation in the output's codes.
OutputRange output_range(const Clamp& clamp, const QuantParams& output);

}  // namespace evenshift::compiler

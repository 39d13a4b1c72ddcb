#pragma once

#include <functional>
#include <vector>

#include "arch/config/npu_config.h"
#include "arch/numerics/quantization.h"
#include "compiler/equalize/weight_grid.h"
#include "compiler/ir/graph.h"

namespace evenshift::compiler {

/// What the weights of a conv may be scaled by: the machine's requant scale, and what it is anchored at.
struct GridRequest {
  RequantScale requant_scale = RequantScale::layer_with_channel_shift;
  int shift_bits = 4;  ///< of k_c, for layer_with_channel_shift
  int weight_bits = 8;
  double unit = 1;  ///< S_y / S_x: the scale that channel_shift_only shifts, and that of a layer without weights

  /// k_c (n_c for channel_shift_only) is below this.
  [[nodiscard]] int shift_count() const;
};
GridRequest grid_request(const NpuConfig& config, int weight_bits, const QuantParams& input, const QuantParams& output);

/// The grid on which no channel clips, with L = max R_c and q = 2^(weight_bits-1) - 1:
///
///     layer                     S_w = L / q
///     layer_with_channel_shift  the same, k_c = equalizing_shift(L, R_c) if `shifts`, else 0 (arXiv:2008.05767)
///     channel_multiplier        S_w,c = R_c / q; a dead channel has the layer's
///     channel_shift_only        S_w = S_y / S_x, n_c the largest that covers R_c, 0 where none does
///
/// A layer without weights has S_w = S_y / S_x.
WeightGrid range_grid(const Conv& conv, const GridRequest& request, bool shifts = true);

/// What rounding its weights to codes of `grid` costs each output channel; not negative. A channel's cost depends on
/// that channel's step alone.
using GridError = std::function<std::vector<double>(const WeightGrid& grid)>;

/// Σ_r (W_c,r - scale(c) · w_c,r)² of the nearest codes.
GridError weight_error(const Conv& conv);

/// The same grid with, for every channel, the step of least error; clipping is allowed. S_w stays where range_grid put
/// it:
///
///     layer_with_channel_shift, channel_shift_only  k_c (n_c) of all that the shifter has
///     channel_multiplier                            S_w,c from R_c / q down to a quarter of it, in steps of 2 %
///     layer                                         nothing to choose
///
/// Among equals the greatest step wins. Source: the modes `mse` and `output_mse` of the shift equalizer.
WeightGrid searched_grid(const Conv& conv, const GridRequest& request, const GridError& error);

/// S_w and all k_c together: S_w from L / q down to 2^(-2) of it (2^(-4) for `layer`) in steps of 2^(-1/8), k_c as in
/// searched_grid; the least Σ_c error(c) / (error of c on range_grid), over channels that range_grid does not hold
/// exactly: no channel pays for the others with many times its error. Other requant scales as searched_grid.
WeightGrid joint_grid(const Conv& conv, const GridRequest& request, const GridError& error);

}  // namespace evenshift::compiler

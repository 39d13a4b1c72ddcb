#pragma once

#include "compiler/equalize/rescale.h"

namespace evenshift::compiler {

struct FactorizationOptions {
  bool two_step = false;                ///< weigh channels by what their readers make of them
  bool power_of_two = false;            ///< factors rounded down to powers of two: exact in floating point
  bool limit_before_activation = true;  ///< keep numbers below 0 within the range even where a clamp takes them away
  double largest_factor = 16;
  ClampRule clamp_rule = ClampRule::exact;
};

/// Weight factorization: scales the channels of every layer up as far as neither the weights' nor the activations'
/// range of the layer grows. In topological order, for channel c with A_c its greatest number on calibration data, P_c
/// its least before a clamp, K_c = max |W_c|, and
///
///     r_c = 1, or with two_step max over readers j of max |W_j[in = c]| / max |W_j|
///     A* = max_c A_c · r_c,  K* = max_c K_c · r_c
///     C_c = min(K* / K_c, A* / A_c, largest_factor, max(1, A* / -P_c) where P_c < 0)
///
/// C_c is that of the channel's ScaleGroup: the least over its producers' K and its members' A. A* is the maximum over
/// values whose codes share one range (see ScaleGroups::range_classes), so that the branches of a concat share it.
/// The factor is kept within clamp_bounds, whose least factor r_c does not go below; r_c = 1 where the factor is fixed.
/// The P_c term always holds for values that keep numbers below 0; with limit_before_activation for all. Source: Same,
/// Same But Different, arXiv:1902.01917, section 3, equations for one- and two-step equalization. `statistics` are
/// activation_statistics of the canonical `graph`.
EqualizedGraph factorize_weights(const Graph& graph, const ActivationStatistics& statistics,
                                 const FactorizationOptions& options);

}  // namespace evenshift::compiler

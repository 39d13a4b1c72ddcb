#pragma once

#include "compiler/equalize/rescale.h"

namespace evenshift::compiler {

struct CrossLayerOptions {
  bool power_of_two = false;  ///< factors rounded to the nearest power of two in the end: exact in floating point
  /// Also equalize channels that several convs produce or read, as one: r1 and r2 are the greatest of them. The paper
  /// leaves these alone.
  bool shared_channels = false;
  /// Let no factor widen the range of a value's codes: C_c <= max_c A_c / A_c, A_c = max |x|. Then dead filters take
  /// part too, so that large weights behind silent channels shrink. Not in the paper, whose factors can blow up the
  /// activations of channels with small weights.
  bool keep_activation_ranges = false;
  double largest_factor = 256;  ///< factors stay between its inverse and it; not in the paper
  ClampRule clamp_rule = ClampRule::exact;
  int most_rounds = 100;
  double tolerance = 1e-3;  ///< of the last round's factors from 1
};

/// Cross-layer equalization. Between a conv and the conv that reads it, with r1_c = max |W1[out = c]| and r2_c =
/// max |W2[in = c]|, channel c is scaled by
///
///     C_c = 1 / s_c,  s_c = sqrt(r1_c / r2_c)
///
/// so that both ranges become sqrt(r1_c · r2_c). For conv, depthwise conv (one filter a channel), conv with ranges r1,
/// r2, r3 and m = cbrt(r1 · r2 · r3) the two factors are m / r1 and r3 / m, so that all three become m. Rounds over all
/// layers in topological order are repeated until no factor moves by more than `tolerance`. A channel that is dead on
/// one side, with weights below 2^-20 of the conv's greatest, keeps factor 1: batch norms leave filters of 1e-12, and
/// evening them out would blow up what their biases make. Upper limits of clamps (ReLU6) bound factors by ClampRule;
/// the paper replaces ReLU6 by ReLU, which is drop_upper_clamps. Needs no data; without `statistics` (no values)
/// channels before such clamps are left alone, and keep_activation_ranges is refused by a check. Source: Data-Free
/// Quantization, arXiv:1906.04721, section 4.1 and appendix A.
EqualizedGraph equalize_across_layers(const Graph& graph, const ActivationStatistics& statistics,
                                      const CrossLayerOptions& options);

/// Cube root of a number >= 0, made of arithmetic alone: the same on every machine. To 4 ulp.
double cube_root(double x);

}  // namespace evenshift::compiler

#pragma once

#include "compiler/calibrate/histogram.h"
#include "compiler/ir/value_range.h"

namespace evenshift::compiler {

/// Kullback-Leibler divergence of the numbers' distribution P, clipped to the `range`, from what 2^bits equal steps
/// over it leave of it, Q:
///
///     P_i = count of bin i; that of the first and the last bin inside the range with all that is outside on that side
///     Q_i = (counts inside the range of the bins that share i's step) / (bins of that step with P > 0), 0 where P_i =
///     0 divergence = Σ p_i · ln(p_i / q_i), p = P / Σ P, q = Q / Σ Q
///
/// over bins of Histogram. Zeros do not count, as every range has a code for them. Infinite where Q is 0 and P is not.
/// The ends of `range` are multiples of histogram.width(). The logarithm is made of additions, multiplications and
/// divisions, so that the result is the same on every machine.
/// Source: S. Migacz, 8-bit Inference with TensorRT, GTC 2017; there for ranges that are symmetric.
double kl_divergence(const Histogram& histogram, const ValueRange& range, int bits);

/// The range with the least kl_divergence that a search finds: from the whole extent, twice, the high end and then the
/// low end in at most 256 steps, the wider of two that are equal. An end keeps 2^bits bins, or 2^(bits - 1) where there
/// are numbers on either side of 0, or all that the extent has there. No wider than the extent.
ValueRange kl_range(const Histogram& histogram, int bits);

}  // namespace evenshift::compiler

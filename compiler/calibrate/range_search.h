#pragma once

#include "compiler/calibrate/histogram.h"
#include "compiler/ir/value_range.h"

namespace evenshift::compiler {

/// The narrowest bin edges that leave at most (100 - percentile) / 2 percent of the numbers outside on either side; 0
/// is always inside.
ValueRange percentile_range(const Histogram& histogram, double percentile);

/// Σ count · (x - dequantize(quantize(x)))², x the middle of a bin, in codes of `bits` bits over `range`.
double squared_error(const std::vector<Histogram::Bin>& bins, const ValueRange& range, int bits);

/// The range with the least squared_error that a search finds: every pair of ends on a grid of steps of 20 %, then each
/// end in turn in steps of 3 %. Never worse than the whole extent.
ValueRange mse_range(const Histogram& histogram, int bits);

}  // namespace evenshift::compiler

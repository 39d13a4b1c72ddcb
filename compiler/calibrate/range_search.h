#pragma once

#include "compiler/calibrate/histogram.h"
#include "compiler/ir/value_range.h"

namespace evenshift::compiler {

/// The narrowest bin edges that leave at most (100 - percentile) / 2 percent of the numbers outside on either side; 0
/// is always inside.
ValueRange percentile_range(const Histogram& histogram, double percentile);

/// Σ count · (x - dequantize(quantize(x)))², x the middle of a bin, in codes of `bits` bits over `range`.
double squared_error(const std::vector<Histogram::Bin>& bins, const ValueRange& range, int bits);

/// The range with the least squared_error among those that a search in steps of 3 % finds: first both ends shrink
/// together, then each alone.
ValueRange mse_range(const Histogram& histogram, int bits);

}  // namespace evenshift::compiler

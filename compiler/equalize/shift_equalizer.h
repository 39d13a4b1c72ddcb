#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compiler/ir/graph.h"

namespace evenshift::compiler {

/// R_c = max |W_c| of every output channel of a conv.
std::vector<double> channel_ranges(const Conv& conv);

/// k = clamp(floor(log2(L / R)), 0, 2^shift_bits - 1), without a logarithm: with L = f_L · 2^e_L and R = f_R · 2^e_R
/// (frexp), floor(log2(L / R)) = e_L - e_R - (f_R > f_L). A dead channel (R = 0 or denormal) gets 0.
/// Source: Weight Equalizing Shift Scaler, arXiv:2008.05767.
int equalizing_shift(double layer_range, double channel_range, int shift_bits);

/// The shift equalizer `floor`: equalizing_shift of every channel, anchored at the layer's largest range, so that no
/// channel clips and the layer's scale does not move.
std::vector<int> equalizing_shifts(std::span<const double> ranges, int shift_bits);

}  // namespace evenshift::compiler

#pragma once

#include <vector>

#include "compiler/equalize/weight_grid.h"
#include "compiler/reconstruct/batch.h"

namespace evenshift::compiler {

/// Σ x · xᵀ over inputs x of one group of a conv, [taps][taps].
using InputMoments = std::vector<double>;

/// Weights whose nearest codes are those of rounding with error feedback: what a weight loses by rounding, the weights
/// after it make up for as far as their inputs are correlated, so that Σ ((w - s·q) · x)² over the inputs gets small.
/// With H = Σ x·xᵀ + damping · mean(diag H) · 1 = R·Rᵀ, R upper triangular, and taps in descending order of their
/// diag H:
///
///     w'_k = w_k + Σ_{j<k} (w_j - s·q_j) · R_jk / R_kk,   q_k = nearest code of w'_k
///
/// (GPTQ, arXiv:2210.17323, in the form of Babai's nearest plane: no inverse is needed.) `moments` are those of each
/// group, groups dividing the channels evenly. Returns w'; taps without inputs keep their weights.
Floats feed_errors_back(const Floats& weights, const WeightGrid& grid, std::size_t channels,
                        const std::vector<InputMoments>& moments);

}  // namespace evenshift::compiler

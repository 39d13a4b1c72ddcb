#pragma once

#include <cstdint>
#include <vector>

#include "compiler/equalize/weight_grid.h"
#include "compiler/weights/output_error.h"

namespace evenshift::compiler {

/// Codes of a conv's weights on a grid, as Conv::weights; every channel by itself, so that threads share them.
using WeightCodes = std::vector<std::int8_t>;

/// The nearest codes.
WeightCodes nearest_codes(const Conv& conv, const WeightGrid& grid);

/// Codes of small output error by cyclic coordinate descent: from the nearest codes on, each code in turn becomes the
/// one that minimizes OutputError with all others fixed,
///
///     q_t ← clamp(round(q_t + r_t / (s · G_tt))),  r = W X - s · q G,
///
/// until a sweep changes nothing (at most 40 sweeps). The error never grows.
WeightCodes least_squares_codes(const Conv& conv, const WeightGrid& grid, const OutputError& error, int threads);

struct AdaRoundOptions {
  int iterations = 1000;
  double learning_rate = 0.05;
  double regularization = 0.01;  ///< λ
};

/// AdaRound (arXiv:2004.10568, eq. 21 to 25) on the squared error of the layer's output: weights as in
/// RoundingTraining, the loss OutputError / (s² · mean G_tt) + λ Σ (1 - |2 h(V) - 1|^β), without the second term in the
/// first fifth of the iterations; then h is rounded. The descent is over all samples at once, as the error is a
/// quadratic form. Never worse than the nearest codes, which win otherwise. Deterministic for any number of threads and
/// any instruction set.
WeightCodes adaround_codes(const Conv& conv, const WeightGrid& grid, const OutputError& error,
                           const AdaRoundOptions& options, int threads);

}  // namespace evenshift::compiler

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "compiler/equalize/weight_grid.h"
#include "compiler/ir/graph.h"
#include "compiler/reconstruct/batch.h"

namespace evenshift::compiler {

/// Which parameters of a conv's weights are trained.
enum class TrainedParameters : std::uint8_t {
  rounding,        ///< up or down of every weight on a given grid (AdaRound, arXiv:2004.10568)
  latent_weights,  ///< the floats behind the codes on a given grid, straight-through
  exponents,       ///< real exponents of power-of-two scales, straight-through (arXiv:2210.03671, gradient-based)
  weights_and_exponents
};

/// How a real exponent becomes an integer in the forward pass (arXiv:2210.03671).
enum class ExponentRounding : std::uint8_t {
  ceil,
  round,
  lower_error  ///< floor or ceil, whichever has the smaller squared error over |x| <= 2σ
};

struct WeightTrainingOptions {
  TrainedParameters parameters = TrainedParameters::rounding;
  ExponentRounding exponent_rounding = ExponentRounding::lower_error;
  int shift_bits = 4;  ///< exponents: a channel's lies at most 2^shift_bits - 1 below the layer's largest
  /// Of Adam, in units of V, of a code, of an octave; 0: 2e-2 for rounding, 5e-3 for the others.
  double learning_rate = 0;
  double regularization = 1;  ///< weight of the mean of 1 - |2h - 1|^β against the loss relative to its start
  double warm_up = 0.2;       ///< share of the steps without regularizer
};

/// A conv's weights on their grid, and their codes in the order of the weights.
struct TrainedWeights {
  WeightGrid grid;
  std::vector<std::int8_t> codes;

  /// scale(c) · code.
  [[nodiscard]] Floats dequantized(std::size_t channels) const;
};

/// Codes nearest to the weights.
TrainedWeights nearest_weights(const Floats& weights, const WeightGrid& grid, std::size_t channels);

/// The weights of one conv while they are trained. With s = scale(c), q = max_weight_code(bits), x a weight:
///
///     rounding        w = s · clamp(floor(x / s) + h(V), ±q), h(V) = clamp(1.2 · sigmoid(V) - 0.1, 0, 1),
///                     V at first such that w = x; at the end h >= 0.5 rounds up
///     latent_weights  w = s · clamp(round(x / s), ±q), ∂w/∂x = 1 inside, 0 where it clips
///     exponents       the same with s = 2^f(e), f rounding to integers; e at first log2(max(3σ / q, 1e-5));
///                     ∂w/∂e = ln 2 · (w - x) inside, ln 2 · w where it clips
///
/// The regularizer's β falls from 20 to 2 in whole steps, from the end of the warm-up on.
class WeightTraining {
 public:
  virtual ~WeightTraining() = default;
  /// What the forward pass computes with.
  [[nodiscard]] virtual Floats forward() const = 0;
  /// One step of Adam against ∂loss/∂w of the last forward; `progress` runs from 0 to 1 over all steps.
  virtual void step(const Floats& gradient, double progress) = 0;
  [[nodiscard]] virtual TrainedWeights finish() const = 0;
};

std::unique_ptr<WeightTraining> make_weight_training(const Floats& weights, const WeightGrid& grid,
                                                     std::size_t channels, const WeightTrainingOptions& options);

}  // namespace evenshift::compiler

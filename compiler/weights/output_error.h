#pragma once

#include <span>

#include "compiler/equalize/grid_choice.h"
#include "compiler/ir/graph.h"
#include "compiler/weights/input_moments.h"

namespace evenshift::compiler {

/// Squared error of a layer's output as a function of its weights, from moments of its input. For output channel c of
/// group g with the weights W_c, in the float network, and V_c, in the quantized one:
///
///     E (W_c x - V_c z)² = V G Vᵀ - 2 W X Vᵀ + constant,  G = gram + λ I, X = cross + λ I, λ = 1 % of gram's mean
///     diagonal
///
/// λ draws V towards W where the data does not tell. A layer too wide for a gram has its diagonal alone.
class OutputError {
 public:
  OutputError(const Conv& conv, const InputMoments& moments);

  [[nodiscard]] std::size_t taps() const { return moments_.taps; }
  [[nodiscard]] std::size_t group_of(std::size_t c) const { return c / channels_per_group_; }
  [[nodiscard]] double damping(std::size_t group) const { return damping_[group]; }
  /// Row `tap` of gram of a group; null where there is only the diagonal.
  [[nodiscard]] const float* gram_row(std::size_t group, std::size_t tap) const;
  /// G's diagonal.
  [[nodiscard]] double diagonal(std::size_t group, std::size_t tap) const;
  /// (W_c X)_t for every tap t.
  [[nodiscard]] std::vector<float> target(std::size_t c) const;
  /// V G of some channels of a group: [channel][tap], as `values`.
  [[nodiscard]] std::vector<float> responses(std::size_t group, std::span<const float> values) const;
  /// Error of V_c without its constant part.
  [[nodiscard]] double error(std::span<const float> target, std::span<const float> response,
                             std::span<const float> values) const;
  /// E (W_c x)².
  [[nodiscard]] double energy(std::size_t c) const;

  /// What rounding W_c to a grid costs, as if z were x: (W - V) G (W - V)ᵀ. `threads` as in parallel_for_ordered.
  [[nodiscard]] GridError of_rounding(int threads) const;

 private:
  const Conv& conv_;
  const InputMoments& moments_;
  std::size_t channels_per_group_;
  std::vector<double> damping_;
};

}  // namespace evenshift::compiler

#pragma once

#include <optional>

#include "compiler/reconstruct/adam.h"
#include "compiler/reconstruct/weight_training.h"

namespace evenshift::compiler {

/// TrainedParameters::latent_weights, exponents and weights_and_exponents.
class StraightThroughTraining final : public WeightTraining {
 public:
  StraightThroughTraining(const Floats& weights, WeightGrid grid, std::size_t channels,
                          const WeightTrainingOptions& options);
  [[nodiscard]] Floats forward() const override;
  void step(const Floats& gradient, double progress) override;
  [[nodiscard]] TrainedWeights finish() const override;

 private:
  [[nodiscard]] bool trains_exponents() const { return options_.parameters != TrainedParameters::latent_weights; }
  [[nodiscard]] bool trains_weights() const { return options_.parameters != TrainedParameters::exponents; }
  [[nodiscard]] double scale(std::size_t c) const;
  [[nodiscard]] std::size_t exponent_index(std::size_t c) const { return exponents_.size() == 1 ? 0 : c; }
  void start_exponents();
  /// Sets the integer exponents from the real ones, within the reach of the shifter.
  void round_exponents();
  [[nodiscard]] int with_lower_error(std::size_t exponent, int below);
  [[nodiscard]] double error_with(std::size_t exponent, int rounded) const;

  WeightGrid grid_;
  std::size_t channels_;
  WeightTrainingOptions options_;
  Floats units_;      ///< of a latent weight, a channel: the first scale
  Floats latent_;     ///< in units
  Floats exponents_;  ///< real; one a channel, or one where there is no shifter
  std::vector<int> rounded_;
  std::vector<std::optional<int>> compared_;  ///< lower_error: the floor for which lower_ was found
  std::vector<int> lower_;
  std::int64_t steps_ = 0;
  Adam weight_adam_;
  Adam exponent_adam_;
};

}  // namespace evenshift::compiler

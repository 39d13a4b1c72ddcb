#pragma once

#include "compiler/reconstruct/adam.h"
#include "compiler/reconstruct/weight_training.h"

namespace evenshift::compiler {

/// TrainedParameters::rounding.
class RoundingTraining final : public WeightTraining {
 public:
  RoundingTraining(const Floats& weights, WeightGrid grid, std::size_t channels, const WeightTrainingOptions& options);
  [[nodiscard]] Floats forward() const override;
  void step(const Floats& gradient, double progress) override;
  [[nodiscard]] TrainedWeights finish() const override;

 private:
  WeightGrid grid_;
  std::size_t channels_;
  WeightTrainingOptions options_;
  Floats floors_;     ///< floor(x / s), clamped to the codes
  Floats arguments_;  ///< V
  Adam adam_;
};

}  // namespace evenshift::compiler

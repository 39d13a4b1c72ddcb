#include "compiler/reconstruct/weight_training.h"

#include "compiler/reconstruct/rounding_training.h"
#include "compiler/reconstruct/straight_through_training.h"

namespace evenshift::compiler {

Floats TrainedWeights::dequantized(std::size_t channels) const {
  Floats weights;
  weights.reserve(codes.size());
  for (std::size_t i = 0; i < codes.size(); ++i)
    weights.push_back(static_cast<float>(grid.scale(i / (codes.size() / channels)) * codes[i]));
  return weights;
}

TrainedWeights nearest_weights(const Floats& weights, const WeightGrid& grid, std::size_t channels) {
  TrainedWeights nearest{grid, {}};
  nearest.codes.reserve(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i)
    nearest.codes.push_back(static_cast<std::int8_t>(grid.nearest_code(i / (weights.size() / channels), weights[i])));
  return nearest;
}

std::unique_ptr<WeightTraining> make_weight_training(const Floats& weights, const WeightGrid& grid,
                                                     std::size_t channels, const WeightTrainingOptions& options) {
  const bool is_rounding = options.parameters == TrainedParameters::rounding;
  WeightTrainingOptions with_rate = options;
  if (with_rate.learning_rate == 0) with_rate.learning_rate = is_rounding ? 2e-2 : 5e-3;
  if (is_rounding) return std::make_unique<RoundingTraining>(weights, grid, channels, with_rate);
  return std::make_unique<StraightThroughTraining>(weights, grid, channels, with_rate);
}

}  // namespace evenshift::compiler

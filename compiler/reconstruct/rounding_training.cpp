#include "compiler/reconstruct/rounding_training.h"

#include <algorithm>
#include <cmath>

#include "compiler/reconstruct/vector_math.h"
#include "compiler/reference/vector_dispatch.h"

namespace evenshift::compiler {
namespace {

// The rectified sigmoid reaches past 0 and 1, so that its gradient is not 0 there.
constexpr float kStretch = 1.2F;
constexpr float kOffset = -0.1F;
constexpr double kFirstBeta = 20;
constexpr double kLastBeta = 2;
constexpr std::size_t kTile = 64;  ///< weights whose powers are computed side by side

[[gnu::always_inline]] inline float rounded_up(float argument) {
  const float h = logistic(argument) * kStretch + kOffset;
  const float raised = h < 0 ? 0.0F : h;
  return raised > 1 ? 1.0F : raised;
}

/// The argument at which rounded_up is `fraction`.
double argument_of(double fraction) {
  const double sigmoid = (fraction - static_cast<double>(kOffset)) / static_cast<double>(kStretch);
  constexpr double kLn2 = 0.6931471805599453;
  return kLn2 * (portable_log2(sigmoid) - portable_log2(1 - sigmoid));
}

}  // namespace

RoundingTraining::RoundingTraining(const Floats& weights, WeightGrid grid, std::size_t channels,
                                   const WeightTrainingOptions& options)
    : grid_(std::move(grid)), channels_(channels), options_(options), adam_(weights.size()) {
  const double most = max_weight_code(grid_.bits);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double code = std::clamp(weights[i] / grid_.scale(i / (weights.size() / channels)), -most, most);
    // The largest code is reached by rounding up.
    const double floor = std::min(std::floor(code), most - 1);
    floors_.push_back(static_cast<float>(floor));
    arguments_.push_back(static_cast<float>(argument_of(code - floor)));
  }
}

Floats RoundingTraining::forward() const {
  Floats weights(floors_.size());
  with_widest_vectors([&] {
    const std::size_t taps = weights.size() / channels_;
    for (std::size_t c = 0; c < channels_; ++c) {
      const auto scale = static_cast<float>(grid_.scale(c));
      const float* floor = floors_.data() + c * taps;
      const float* argument = arguments_.data() + c * taps;
      float* to = weights.data() + c * taps;
      for (std::size_t i = 0; i < taps; ++i) to[i] = scale * (floor[i] + rounded_up(argument[i]));
    }
  });
  return weights;
}

void RoundingTraining::step(const Floats& gradient, double progress) {
  const bool regularize = progress >= options_.warm_up;
  const double annealed = regularize ? (progress - options_.warm_up) / (1 - options_.warm_up) : 0;
  const int beta = static_cast<int>(std::floor(kFirstBeta + (kLastBeta - kFirstBeta) * annealed + 0.5));
  const float strength =
      regularize ? static_cast<float>(options_.regularization * 2 * beta / static_cast<double>(floors_.size())) : 0;
  Floats of_arguments(floors_.size());
  with_widest_vectors([&] {
    const std::size_t taps = floors_.size() / channels_;
    for (std::size_t c = 0; c < channels_; ++c) {
      const auto scale = static_cast<float>(grid_.scale(c));
      const float* of_weight = gradient.data() + c * taps;
      const float* argument = arguments_.data() + c * taps;
      float* to = of_arguments.data() + c * taps;
      for (std::size_t first = 0; first < taps; first += kTile) {
        const std::size_t count = std::min(kTile, taps - first);
        float distances[kTile], powers[kTile], slopes[kTile];
        for (std::size_t i = 0; i < count; ++i) {
          const float sigmoid = logistic(argument[first + i]);
          const float h = sigmoid * kStretch + kOffset;
          slopes[i] = h > 0 && h < 1 ? kStretch * sigmoid * (1 - sigmoid) : 0.0F;
          const float middle = 2 * h - 1;
          distances[i] = middle < 0 ? -middle : middle;
          powers[i] = middle < 0 ? -1.0F : 1.0F;
        }
        for (int k = 1; k < beta; ++k)
          for (std::size_t i = 0; i < count; ++i) powers[i] *= distances[i];
        for (std::size_t i = 0; i < count; ++i)
          to[first + i] = (scale * of_weight[first + i] - strength * powers[i]) * slopes[i];
      }
    }
  });
  adam_.step(of_arguments, options_.learning_rate, arguments_);
}

TrainedWeights RoundingTraining::finish() const {
  TrainedWeights trained{grid_, {}};
  trained.codes.reserve(floors_.size());
  for (std::size_t i = 0; i < floors_.size(); ++i)
    trained.codes.push_back(static_cast<std::int8_t>(floors_[i] + (rounded_up(arguments_[i]) >= 0.5F ? 1 : 0)));
  return trained;
}

}  // namespace evenshift::compiler

#include "compiler/reconstruct/straight_through_training.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "compiler/reconstruct/vector_math.h"
#include "compiler/reference/vector_dispatch.h"

namespace evenshift::compiler {
namespace {

constexpr float kLn2 = 0.69314718F;

double deviation_of(std::span<const float> weights) {
  double sum = 0;
  double squares = 0;
  for (const float w : weights) {
    sum += w;
    squares += static_cast<double>(w) * w;
  }
  const auto count = static_cast<double>(weights.size());
  return std::sqrt(std::max(squares / count - sum / count * (sum / count), 0.0));
}

}  // namespace

StraightThroughTraining::StraightThroughTraining(const Floats& weights, WeightGrid grid, std::size_t channels,
                                                 const WeightTrainingOptions& options)
    : grid_(std::move(grid)),
      channels_(channels),
      options_(options),
      latent_(weights),
      exponents_(options.shift_bits > 0 ? channels : 1),
      rounded_(exponents_.size()),
      compared_(exponents_.size()),
      lower_(exponents_.size()),
      weight_adam_(weights.size()),
      exponent_adam_(exponents_.size()) {
  units_.assign(channels, 1.0F);
  if (trains_exponents()) start_exponents();
  for (std::size_t c = 0; c < channels; ++c) units_[c] = static_cast<float>(scale(c));
  const std::size_t taps = weights.size() / channels;
  for (std::size_t i = 0; i < latent_.size(); ++i) latent_[i] /= units_[i / taps];
}

double StraightThroughTraining::scale(std::size_t c) const {
  return trains_exponents() ? std::ldexp(1.0, rounded_[exponent_index(c)]) : grid_.scale(c);
}

void StraightThroughTraining::start_exponents() {
  const std::size_t taps = latent_.size() / exponents_.size();
  for (std::size_t e = 0; e < exponents_.size(); ++e) {
    const double deviation = deviation_of(std::span(latent_).subspan(e * taps, taps));
    exponents_[e] = static_cast<float>(portable_log2(std::max(3 * deviation / max_weight_code(grid_.bits), 1e-5)));
  }
  round_exponents();
}

double StraightThroughTraining::error_with(std::size_t exponent, int rounded) const {
  const std::size_t taps = latent_.size() / channels_;
  const std::size_t count = latent_.size() / exponents_.size();
  Floats weights(latent_.begin() + static_cast<std::ptrdiff_t>(exponent * count),
                 latent_.begin() + static_cast<std::ptrdiff_t>((exponent + 1) * count));
  for (std::size_t i = 0; i < count; ++i) weights[i] *= units_[(exponent * count + i) / taps];
  const double limit = 2 * deviation_of(weights);
  const WeightGrid grid{grid_.bits, std::ldexp(1.0, rounded), {}, {}};
  double error = 0;
  for (const float w : weights) {
    if (std::abs(w) > limit) continue;
    const double difference = w - grid.scale(0) * grid.nearest_code(0, w);
    error += difference * difference;
  }
  return error;
}

int StraightThroughTraining::with_lower_error(std::size_t exponent, int below) {
  // Weights move slowly: looking at all of them in every step would cost as much as the gradients.
  constexpr std::int64_t kStepsBetween = 16;
  if (compared_[exponent] != below || (trains_weights() && steps_ % kStepsBetween == 0)) {
    lower_[exponent] = error_with(exponent, below) < error_with(exponent, below + 1) ? below : below + 1;
    compared_[exponent] = below;
  }
  return lower_[exponent];
}

void StraightThroughTraining::round_exponents() {
  for (std::size_t e = 0; e < exponents_.size(); ++e) {
    const double exponent = exponents_[e];
    const int below = static_cast<int>(std::floor(exponent));
    const int above = static_cast<int>(std::ceil(exponent));
    switch (options_.exponent_rounding) {
      case ExponentRounding::ceil:
        rounded_[e] = above;
        break;
      case ExponentRounding::round:
        rounded_[e] = static_cast<int>(std::floor(exponent + 0.5));
        break;
      case ExponentRounding::lower_error:
        rounded_[e] = below == above ? below : with_lower_error(e, below);
        break;
    }
  }
  const int least = *std::ranges::max_element(rounded_) - ((1 << options_.shift_bits) - 1);
  for (int& rounded : rounded_) rounded = std::max(rounded, least);
}

Floats StraightThroughTraining::forward() const {
  Floats weights(latent_.size());
  const auto most = static_cast<float>(max_weight_code(grid_.bits));
  with_widest_vectors([&] {
    const std::size_t taps = weights.size() / channels_;
    for (std::size_t c = 0; c < channels_; ++c) {
      const auto step = static_cast<float>(scale(c));
      const float factor = units_[c] / step;
      const float* from = latent_.data() + c * taps;
      float* to = weights.data() + c * taps;
      for (std::size_t i = 0; i < taps; ++i) {
        const float code = from[i] * factor;
        const float raised = code < -most ? -most : code;
        to[i] = step * round_small(raised > most ? most : raised);
      }
    }
  });
  return weights;
}

void StraightThroughTraining::step(const Floats& gradient, double progress) {
  const double rate = options_.learning_rate * (1 - progress);
  const auto most = static_cast<float>(max_weight_code(grid_.bits));
  const std::size_t taps = latent_.size() / channels_;
  Floats of_latent(latent_.size());
  Floats of_exponents(exponents_.size());
  with_widest_vectors([&] {
    for (std::size_t c = 0; c < channels_; ++c) {
      const auto step = static_cast<float>(scale(c));
      const float factor = units_[c] / step;
      const float* from = latent_.data() + c * taps;
      const float* g = gradient.data() + c * taps;
      float* to = of_latent.data() + c * taps;
      for (std::size_t i = 0; i < taps; ++i) {
        const float code = from[i] * factor;
        to[i] = code > -most && code < most ? units_[c] * g[i] : 0.0F;
      }
      of_exponents[exponent_index(c)] += sum_in_lanes(static_cast<std::int64_t>(taps), [&](std::int64_t i) {
        const float code = from[i] * factor;
        const float raised = code < -most ? -most : code;
        const float clamped = raised > most ? most : raised;
        const float moved = code > -most && code < most ? round_small(clamped) - code : clamped;
        return kLn2 * step * moved * g[i];
      });
    }
  });
  if (trains_weights()) weight_adam_.step(of_latent, rate, latent_);
  ++steps_;
  if (!trains_exponents()) return;
  exponent_adam_.step(of_exponents, rate, exponents_);
  round_exponents();
}

TrainedWeights StraightThroughTraining::finish() const {
  WeightGrid grid = grid_;
  if (trains_exponents()) {
    grid.channel_scales.clear();
    grid.shifts.clear();
    const int largest = *std::ranges::max_element(rounded_);
    grid.layer_scale = std::ldexp(1.0, largest);
    for (std::size_t c = 0; exponents_.size() > 1 && c < channels_; ++c) grid.shifts.push_back(largest - rounded_[c]);
  }
  Floats weights = latent_;
  const std::size_t taps = latent_.size() / channels_;
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] *= units_[i / taps];
  return nearest_weights(weights, grid, channels_);
}

}  // namespace evenshift::compiler

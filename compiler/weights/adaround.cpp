#include <algorithm>
#include <cmath>
#include <span>

#include "arch/base/parallel.h"
#include "compiler/reference/host_operators.h"
#include "compiler/weights/rounding.h"

namespace evenshift::compiler {
namespace {

constexpr double kStretch = 1.2;  // ζ - γ
constexpr double kOffset = -0.1;  // γ

double sigmoid(double v) {
  const double e = portable_exp(-std::abs(v));
  return v >= 0 ? 1 / (1 + e) : e / (1 + e);
}

/// x^(β - 1) for x in [0, 1] and a whole β of at least 2.
double power(double x, int exponent) {
  double result = 1;
  for (; exponent > 0; --exponent) result *= x;
  return result;
}

/// One output channel: V, its moments for Adam, and the fixed parts.
class Channel {
 public:
  Channel(const Conv& conv, const WeightGrid& grid, const OutputError& error, std::size_t c)
      : error_(error),
        c_(c),
        scale_(grid.scale(c)),
        most_(max_weight_code(grid.bits)),
        target_(error.target(c)),
        floors_(error.taps()),
        v_(error.taps()),
        sigmoids_(error.taps()),
        first_(error.taps()),
        second_(error.taps()) {
    double diagonal = 0;
    for (std::size_t t = 0; t < v_.size(); ++t) {
      const double weight = conv.weights[c * v_.size() + t] / scale_;
      floors_[t] = std::floor(std::clamp(weight, -most_, most_));
      // h(V) is the fraction: σ(V) = (fraction + 0.1) / 1.2.
      fractions_.push_back(std::clamp(weight - floors_[t], 0.0, 1.0));
      v_[t] = inverse(fractions_[t]);
      sigmoids_[t] = sigmoid(v_[t]);
      diagonal += error.diagonal(error.group_of(c), t);
    }
    unit_ = scale_ * diagonal / static_cast<double>(v_.size());
  }

  /// One step of Adam; `response` is V G of values(false).
  void step(int iteration, const AdaRoundOptions& options, std::span<const float> response) {
    const int warm_up = options.iterations / 5;
    const bool regularized = iteration >= warm_up;
    const double progress =
        regularized ? static_cast<double>(iteration - warm_up) / std::max(1, options.iterations - warm_up) : 0;
    const int beta = static_cast<int>(std::lround(20 - 18 * progress));
    first_decay_ *= 0.9;
    second_decay_ *= 0.999;
    for (std::size_t t = 0; t < v_.size(); ++t) {
      const double s = sigmoids_[t];
      const double h = std::clamp(kStretch * s + kOffset, 0.0, 1.0);
      double gradient = 2 * (response[t] - target_[t]) / unit_;
      const double code = floors_[t] + h;
      if (code <= -most_ || code >= most_) gradient = 0;
      if (regularized) {
        const double distance = 2 * h - 1;
        gradient -= options.regularization * 2 * beta * power(std::abs(distance), beta - 1) * (distance < 0 ? -1 : 1);
      }
      const bool inside = h > 0 && h < 1;
      gradient *= inside ? kStretch * s * (1 - s) : 0;
      first_[t] = 0.9 * first_[t] + 0.1 * gradient;
      second_[t] = 0.999 * second_[t] + 0.001 * gradient * gradient;
      v_[t] -= options.learning_rate * (first_[t] / (1 - first_decay_)) /
               (std::sqrt(second_[t] / (1 - second_decay_)) + 1e-8);
    }
    for (std::size_t t = 0; t < v_.size(); ++t) sigmoids_[t] = sigmoid(v_[t]);
  }

  /// Weights as they are now, or with h rounded.
  [[nodiscard]] std::vector<float> values(bool rounded) const {
    std::vector<float> values(v_.size());
    for (std::size_t t = 0; t < v_.size(); ++t) values[t] = static_cast<float>(scale_ * code(t, rounded));
    return values;
  }

  /// Replaces the nearest codes where that is better.
  void write(std::int8_t* codes) const {
    const std::vector<float> rounded = values(true);
    std::vector<float> nearest(v_.size());
    for (std::size_t t = 0; t < v_.size(); ++t) nearest[t] = static_cast<float>(scale_ * codes[t]);
    const auto loss = [&](const std::vector<float>& values) {
      return error_.error(target_, error_.responses(error_.group_of(c_), values), values);
    };
    if (loss(rounded) >= loss(nearest)) return;
    for (std::size_t t = 0; t < v_.size(); ++t) codes[t] = static_cast<std::int8_t>(code(t, true));
  }

 private:
  static double inverse(double h) {
    const double s = std::clamp((h - kOffset) / kStretch, 1e-6, 1 - 1e-6);
    double low = -20;
    double high = 20;
    for (int i = 0; i < 50; ++i) (sigmoid((low + high) / 2) < s ? low : high) = (low + high) / 2;
    return (low + high) / 2;
  }
  [[nodiscard]] double code(std::size_t t, bool rounded) const {
    const double h = std::clamp(kStretch * sigmoids_[t] + kOffset, 0.0, 1.0);
    return std::clamp(floors_[t] + (rounded ? (h >= 0.5 ? 1.0 : 0.0) : h), -most_, most_);
  }

  const OutputError& error_;
  std::size_t c_;
  double scale_, most_, unit_ = 1;
  std::vector<float> target_;
  std::vector<double> floors_, fractions_, v_, sigmoids_, first_, second_;
  double first_decay_ = 1, second_decay_ = 1;
};

/// Channels `first` to `end` of one group.
void learn(const Conv& conv, const WeightGrid& grid, const OutputError& error, const AdaRoundOptions& options,
           std::size_t first, std::size_t end, WeightCodes& codes) {
  const std::size_t taps = error.taps();
  std::vector<Channel> channels;
  for (std::size_t c = first; c < end; ++c) channels.emplace_back(conv, grid, error, c);
  std::vector<float> values(channels.size() * taps);
  for (int iteration = 0; iteration < options.iterations; ++iteration) {
    for (std::size_t i = 0; i < channels.size(); ++i)
      std::ranges::copy(channels[i].values(false), values.begin() + static_cast<std::ptrdiff_t>(i * taps));
    const std::vector<float> responses = error.responses(error.group_of(first), values);
    for (std::size_t i = 0; i < channels.size(); ++i)
      channels[i].step(iteration, options, std::span(responses).subspan(i * taps, taps));
  }
  for (std::size_t i = 0; i < channels.size(); ++i) channels[i].write(codes.data() + (first + i) * taps);
}

}  // namespace

WeightCodes adaround_codes(const Conv& conv, const WeightGrid& grid, const OutputError& error,
                           const AdaRoundOptions& options, int threads) {
  constexpr std::size_t kTogether = 24;  // channels that read a gram once
  WeightCodes codes = nearest_codes(conv, grid);
  const auto channels = static_cast<std::size_t>(conv.output_channels);
  std::vector<std::size_t> starts;
  for (std::size_t c = 0; c < channels; ++c)
    if (starts.empty() || c == starts.back() + kTogether || error.group_of(c) != error.group_of(starts.back()))
      starts.push_back(c);
  parallel_for_ordered(starts.size(), threads, [&](std::size_t i) {
    learn(conv, grid, error, options, starts[i], i + 1 < starts.size() ? starts[i + 1] : channels, codes);
  });
  return codes;
}

}  // namespace evenshift::compiler

#include "compiler/equalize/msqe.h"

#include <algorithm>
#include <cmath>

#include "arch/base/check.h"

namespace evenshift::compiler {
namespace {

/// round(log2(x)), x > 0, exactly: f · 2^e with f in [0.5, 1) is nearer to e - 1 in octaves below sqrt(0.5).
int nearest_exponent(double x) {
  constexpr double kSqrtOfHalf = 0.7071067811865476;
  int exponent = 0;
  return std::frexp(x, &exponent) < kSqrtOfHalf ? exponent - 1 : exponent;
}

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

/// A channel's or a layer's weights with what their errors count.
class WeightedError {
 public:
  WeightedError(std::span<const float> weights, std::span<const float> importance, int bits, const MsqeOptions& options)
      : weights_(weights), importance_(importance), bits_(bits) {
    check(importance.empty() || importance.size() == weights.size(), "msqe: one importance a weight");
    if (options.mask_outliers) limit_ = 2 * deviation_of(weights);
  }

  [[nodiscard]] double at(int exponent) const {
    double error = 0;
    visit(exponent, [&](double m, double x, double code) {
      const double difference = x - std::ldexp(code, exponent);
      error += m * difference * difference;
    });
    return error;
  }

  /// The scale with the least error for the codes of 2^exponent; 0 where all codes are.
  [[nodiscard]] double least_squares_scale(int exponent) const {
    double products = 0;
    double squares = 0;
    visit(exponent, [&](double m, double x, double code) {
      products += m * code * x;
      squares += m * code * code;
    });
    return squares > 0 ? products / squares : 0;
  }

 private:
  template <typename Visit>
  void visit(int exponent, const Visit& visit_weight) const {
    const WeightGrid grid{bits_, std::ldexp(1.0, exponent), {}, {}};
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      const double x = weights_[i];
      if (limit_ && std::abs(x) > *limit_) continue;
      visit_weight(importance_.empty() ? 1.0 : static_cast<double>(importance_[i]), x, grid.nearest_code(0, x));
    }
  }

  std::span<const float> weights_;
  std::span<const float> importance_;
  int bits_;
  std::optional<double> limit_;  ///< of |x|
};

/// The part of a conv that has exponent `index` of `count`.
std::span<const float> part(std::span<const float> whole, std::size_t index, std::size_t count) {
  return whole.empty() ? whole : whole.subspan(index * (whole.size() / count), whole.size() / count);
}

}  // namespace

double msqe_error(std::span<const float> weights, std::span<const float> importance, int bits, int exponent,
                  const MsqeOptions& options) {
  return WeightedError(weights, importance, bits, options).at(exponent);
}

std::optional<int> msqe_exponent(std::span<const float> weights, std::span<const float> importance, int bits,
                                 const MsqeOptions& options) {
  double largest = 0;
  for (const float w : weights) largest = std::max(largest, std::abs(static_cast<double>(w)));
  if (largest < std::numeric_limits<float>::min()) return std::nullopt;
  const WeightedError error(weights, importance, bits, options);
  int exponent = nearest_exponent(largest / max_weight_code(bits));
  double least = error.at(exponent);
  for (int step = 0; step < 3; ++step) {
    const double scale = error.least_squares_scale(exponent);
    if (!(scale > 0)) break;
    const int next = nearest_exponent(scale);
    const double of_next = error.at(next);
    if (of_next >= least) break;
    exponent = next;
    least = of_next;
  }
  const int middle = exponent;
  for (int candidate = middle + options.search; candidate >= middle - options.search; --candidate) {
    const double of_candidate = error.at(candidate);
    if (of_candidate < least || (of_candidate == least && candidate > exponent)) {
      exponent = candidate;
      least = of_candidate;
    }
  }
  return exponent;
}

Exponents msqe_exponents(const Conv& conv, std::span<const float> importance, int bits, int shift_bits,
                         const MsqeOptions& options) {
  const std::size_t count = shift_bits > 0 ? static_cast<std::size_t>(conv.output_channels) : 1;
  Exponents exponents;
  for (std::size_t i = 0; i < count; ++i)
    exponents.push_back(msqe_exponent(part(conv.weights, i, count), part(importance, i, count), bits, options));
  return exponents;
}

WeightGrid power_of_two_grid(const Conv& conv, const Exponents& exponents, std::span<const float> importance, int bits,
                             int shift_bits, const MsqeOptions& options) {
  WeightGrid grid{bits, 1, {}, {}};
  std::vector<int> known;
  for (const auto& exponent : exponents)
    if (exponent) known.push_back(*exponent);
  if (shift_bits > 0) grid.shifts.assign(exponents.size(), 0);
  if (known.empty()) return grid;
  const auto [lowest, highest] = std::ranges::minmax(known);
  const int reach = (1 << shift_bits) - 1;
  const auto within = [&](int exponent, int layer) { return std::clamp(exponent, layer - reach, layer); };
  int best = highest;
  double least = std::numeric_limits<double>::infinity();
  // Where all fit below the largest, nothing is to be weighed.
  for (int layer = highest; layer >= (highest - lowest <= reach ? highest : lowest); --layer) {
    double error = 0;
    for (std::size_t i = 0; i < exponents.size(); ++i)
      if (exponents[i])
        error += msqe_error(part(conv.weights, i, exponents.size()), part(importance, i, exponents.size()), bits,
                            within(*exponents[i], layer), options);
    if (error >= least) continue;
    least = error;
    best = layer;
  }
  grid.layer_scale = std::ldexp(1.0, best);
  for (std::size_t c = 0; c < grid.shifts.size(); ++c)
    if (exponents[c]) grid.shifts[c] = best - within(*exponents[c], best);
  return grid;
}

WeightGrid msqe_grid(const Conv& conv, std::span<const float> importance, int bits, int shift_bits,
                     const MsqeOptions& options) {
  return power_of_two_grid(conv, msqe_exponents(conv, importance, bits, shift_bits, options), importance, bits,
                           shift_bits, options);
}

void StableExponents::observe(const Exponents& exponents) {
  if (averages_.empty()) averages_.resize(exponents.size());
  check_equal(exponents.size(), averages_.size(), "StableExponents: number of exponents");
  for (std::size_t i = 0; i < exponents.size(); ++i) {
    if (!exponents[i]) continue;
    averages_[i] = averages_[i] ? decay_ * *averages_[i] + (1 - decay_) * *exponents[i] : *exponents[i];
  }
}

Exponents StableExponents::frozen() const {
  Exponents exponents;
  for (const auto& average : averages_) {
    exponents.emplace_back();
    if (average) exponents.back() = static_cast<int>(std::floor(*average + 0.5));
  }
  return exponents;
}

}  // namespace evenshift::compiler

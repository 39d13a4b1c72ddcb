#include "compiler/weights/bias_correction.h"

#include <cmath>
#include <numbers>

#include "compiler/reference/host_operators.h"

namespace evenshift::compiler {
namespace {

/// Φ(x), the normal distribution's integral, from portable_exp alone: Simpson's rule on its density, 200 steps from 0.
double normal_integral(double x) {
  const double bounded = std::min(std::abs(x), 8.0);
  const auto density = [](double t) { return portable_exp(-t * t / 2) / std::sqrt(2 * std::numbers::pi); };
  constexpr int kSteps = 200;
  const double step = bounded / kSteps;
  double sum = density(0) + density(bounded);
  for (int i = 1; i < kSteps; ++i) sum += (i % 2 == 1 ? 4 : 2) * density(i * step);
  const double half = sum * step / 3;
  return x >= 0 ? 0.5 + half : 0.5 - half;
}

double normal_density(double x) { return portable_exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi); }

}  // namespace

std::vector<float> corrected_bias(const Conv& conv, const WeightPlan& plan, const InputMoments& moments) {
  const Conv quantized = dequantized(conv, plan);
  const std::size_t per_group = conv.bias.size() / moments.groups;
  std::vector<float> bias;
  for (std::size_t c = 0; c < conv.bias.size(); ++c) {
    double value = conv.bias[c];
    for (std::size_t t = 0; t < moments.taps; ++t) {
      const std::size_t at = c / per_group * moments.taps + t;
      value += conv.weights[c * moments.taps + t] * moments.float_mean[at] -
               quantized.weights[c * moments.taps + t] * moments.mean[at];
    }
    bias.push_back(static_cast<float>(value));
  }
  return bias;
}

double clipped_normal_mean(double mean, double deviation, const Clamp& clamp) {
  if (!(deviation > 0)) return std::min(std::max(mean, clamp.low), clamp.high);
  const double a = (clamp.low - mean) / deviation;
  const double b = (clamp.high - mean) / deviation;
  const double below = std::isfinite(a) ? normal_integral(a) : 0;
  const double above = std::isfinite(b) ? 1 - normal_integral(b) : 0;
  double result = mean * (1 - below - above);
  result += deviation * ((std::isfinite(a) ? normal_density(a) : 0) - (std::isfinite(b) ? normal_density(b) : 0));
  if (std::isfinite(a)) result += clamp.low * below;
  if (std::isfinite(b)) result += clamp.high * above;
  return result;
}

std::vector<float> analytically_corrected_bias(const Conv& conv, const WeightPlan& plan, const NormalInput& input) {
  const Conv quantized = dequantized(conv, plan);
  const std::size_t taps = conv.weights.size() / conv.bias.size();
  const auto window = static_cast<std::size_t>(conv.window.kernel_height * conv.window.kernel_width);
  const std::size_t inputs = taps / window;
  const std::size_t per_group = conv.bias.size() / static_cast<std::size_t>(conv.groups);
  std::vector<double> means;
  for (std::size_t i = 0; i < input.mean.size(); ++i)
    means.push_back(clipped_normal_mean(input.mean[i], input.deviation[i], input.clamp));
  std::vector<float> bias;
  for (std::size_t c = 0; c < conv.bias.size(); ++c) {
    double value = conv.bias[c];
    for (std::size_t t = 0; t < taps; ++t)
      value += (static_cast<double>(conv.weights[c * taps + t]) - quantized.weights[c * taps + t]) *
               means[c / per_group * inputs + t / window];
    bias.push_back(static_cast<float>(value));
  }
  return bias;
}

}  // namespace evenshift::compiler

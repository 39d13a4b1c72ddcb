#include "host/epilogue.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace evenshift::host {
namespace {

/// exp(x) for x <= 0 with a relative error below 1e-15: x = n ln 2 + r, |r| <= ln 2 / 2, then Taylor to degree 14.
double exp_of_nonpositive(double x) {
  constexpr double kLowest = -700.0;  // below, the float result is 0 anyway
  constexpr double kLn2High = 0x1.62e42fee00000p-1;
  constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
  constexpr int kDegree = 14;
  if (x < kLowest) return 0.0;
  const double n = std::floor(x * 1.4426950408889634 + 0.5);
  const double r = (x - n * kLn2High) - n * kLn2Low;
  double sum = 1.0;
  for (int k = kDegree; k >= 1; --k) sum = 1.0 + sum * r / k;
  return std::ldexp(sum, static_cast<int>(n));
}

}  // namespace

std::vector<float> softmax(std::span<const float> values) {
  std::vector<float> result(values.size());
  const bool any_nan = std::ranges::any_of(values, [](float value) { return std::isnan(value); });
  if (values.empty() || any_nan) {
    std::ranges::fill(result, std::numeric_limits<float>::quiet_NaN());
    return result;
  }
  const float greatest = std::ranges::max(values);
  const auto power = [&](float value) {
    return value == greatest ? 1.0 : exp_of_nonpositive(static_cast<double>(value) - static_cast<double>(greatest));
  };
  double sum = 0.0;
  for (const float value : values) sum += power(value);
  for (std::size_t i = 0; i < values.size(); ++i) result[i] = static_cast<float>(power(values[i]) / sum);
  return result;
}

}  // namespace evenshift::host

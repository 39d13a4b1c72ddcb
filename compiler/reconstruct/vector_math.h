#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

/// Arithmetic on rows of floats that compilers vectorize without reordering anything, and that gives the same bits on
/// every machine.
namespace evenshift::compiler {

/// to[i] += factor · from[i]
[[gnu::always_inline]] inline void add_scaled(std::int64_t count, float factor, const float* from, float* to) {
  for (std::int64_t i = 0; i < count; ++i) to[i] += factor * from[i];
}

/// Nearest integer of |x| < 2^22, ties to even.
[[gnu::always_inline]] inline float round_small(float x) {
  constexpr float kIntegersOnly = 0x1.8p23F;  // beyond it floats have no fraction
  return (x + kIntegersOnly) - kIntegersOnly;
}

/// e^x for -87 <= x <= 0, to about 1e-7; x below counts as -87.
[[gnu::always_inline]] inline float exp_of_negative(float x) {
  const float bounded = x < -87.0F ? -87.0F : x;
  const float exponent = round_small(bounded * 1.44269504F);
  const float r = (bounded - exponent * 0x1.62e4p-1F) - exponent * 0x1.7f7d1cp-20F;  // |r| <= ln(2) / 2
  const float sum =
      1 + r * (1 + r * (0.5F + r * (0.166666667F + r * (0.0416666667F + r * (0.00833333333F + r * 0.00138888889F)))));
  return sum * std::bit_cast<float>((static_cast<std::int32_t>(exponent) + 127) << 23);
}

/// 1 / (1 + e^-x)
[[gnu::always_inline]] inline float logistic(float x) {
  const float e = exp_of_negative(x < 0 ? x : -x);
  return (x < 0 ? e : 1.0F) / (1.0F + e);
}

/// log2(x), x > 0, to about 1e-15.
inline double portable_log2(double x) {
  int exponent = 0;
  const double fraction = std::frexp(x, &exponent);  // [0.5, 1)
  const double z = (fraction - 0.75) / (fraction + 0.75);
  double sum = 0;
  for (int i = 21; i >= 1; i -= 2) sum = 1.0 / i + z * z * sum;  // artanh(z) = z · sum
  constexpr double kTwoOverLn2 = 2.8853900817779268;
  constexpr double kLog2OfThreeQuarters = -0.41503749927884376;
  return exponent + kLog2OfThreeQuarters + kTwoOverLn2 * z * sum;
}

/// Σ f(i) as 16 partial sums over i mod 16, which are then added in ascending order.
template <typename Term>
[[gnu::always_inline]] inline float sum_in_lanes(std::int64_t count, const Term& term) {
  constexpr std::int64_t kLanes = 16;
  float sums[kLanes] = {};
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (std::int64_t lane = 0; lane < kLanes; ++lane) sums[lane] += term(i + lane);
  for (std::int64_t lane = 0; i < count; ++i, ++lane) sums[lane] += term(i);
  float sum = 0;
  for (const float lane : sums) sum += lane;
  return sum;
}

}  // namespace evenshift::compiler

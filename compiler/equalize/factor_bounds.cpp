#include "compiler/equalize/factor_bounds.h"

#include <algorithm>
#include <cmath>

namespace evenshift::compiler {
namespace {

constexpr FactorBounds kOnlyOne{1, 1};

/// Of an upper limit above 0.
FactorBounds limit_bounds(double limit, double greatest, ClampRule rule) {
  if (greatest > limit) return rule == ClampRule::exact ? kOnlyOne : FactorBounds{0.7, 1};
  if (greatest <= 0 || std::isinf(limit)) return {};
  return {0, limit / greatest};
}

}  // namespace

void FactorBounds::intersect(const FactorBounds& other) {
  least = std::max(least, other.least);
  most = std::min(most, other.most);
}

FactorBounds clamp_bounds(const Clamp& clamp, double low, double high, ClampRule rule) {
  if (clamp.low > 0 || clamp.high < 0) return kOnlyOne;
  FactorBounds bounds;
  if (clamp.high > 0) bounds.intersect(limit_bounds(clamp.high, high, rule));
  if (clamp.low < 0) bounds.intersect(limit_bounds(-clamp.low, -low, rule));
  return bounds;
}

double power_of_two_factor(double factor, const FactorBounds& bounds, bool round_down) {
  constexpr double kSqrtHalf = 0.707106781186547524401;
  int exponent = 0;
  const double fraction = std::frexp(factor, &exponent);  // factor = fraction · 2^exponent, 1/2 <= fraction < 1
  double power = std::ldexp(1.0, exponent - 1);
  if (!round_down && fraction >= kSqrtHalf && 2 * power <= bounds.most) power *= 2;
  if (power > bounds.most) power /= 2;
  return power >= bounds.least && power <= bounds.most ? power : 1;
}

}  // namespace evenshift::compiler

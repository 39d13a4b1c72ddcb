#include "compiler/quantize/rescale.h"

#include <algorithm>
#include <cmath>

namespace evenshift::compiler {

Rescale rescale_for(double scale, int multiplier_bits) {
  const FixedPointScale fixed = fixed_point_scale(scale, multiplier_bits, 62);
  return {static_cast<std::int32_t>(fixed.multiplier), fixed.shift};
}

std::int32_t multiplier_at(double scale, int shift) {
  const double limit = 2147483647.0;
  return static_cast<std::int32_t>(std::clamp(round_half_even(std::ldexp(scale, shift)), -limit, limit));
}

}  // namespace evenshift::compiler

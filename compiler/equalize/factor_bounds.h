#pragma once

#include <limits>

#include "compiler/ir/graph.h"

namespace evenshift::compiler {

/// Factors that a channel may have; 1 is always among them.
struct FactorBounds {
  double least = 0;
  double most = std::numeric_limits<double>::infinity();

  [[nodiscard]] bool only_one() const { return least == 1 && most == 1; }
  void intersect(const FactorBounds& other);
  friend bool operator==(const FactorBounds&, const FactorBounds&) = default;
};

/// What a channel that a clamp cuts may be scaled by. The clamp is of the layer and cannot be scaled with the channel.
enum class ClampRule {
  exact,    ///< 1: on calibration data the function stays
  bounded,  ///< 0.7 to 1: of what was cut at the limit h, numbers up to h / 0.7 now pass (arXiv:1902.01917's rule)
};

/// Factors that a clamp allows a channel whose numbers before it are from `low` to `high` on calibration data. With the
/// upper limit h > 0:
///
///     high <= h   C <= h / high, so that nothing is cut after scaling either; no bound where high <= 0
///     high > h    the rule's
///
/// and the same, mirrored, for a lower limit below 0. Limits of 0 bound nothing. A lower limit above 0 or an upper one
/// below 0 allows 1 alone.
FactorBounds clamp_bounds(const Clamp& clamp, double low, double high, ClampRule rule);

/// The power of two in the bounds that is nearest to `factor` in ratio, or, with `round_down`, the greatest up to it;
/// 1 where the bounds hold none on that side.
double power_of_two_factor(double factor, const FactorBounds& bounds, bool round_down);

}  // namespace evenshift::compiler

#pragma once

#include <cstdint>

#include "arch/numerics/requantize.h"

namespace evenshift::datapath {

/// to_output, and a count of the outputs that its clamp changed.
class ClampCounter {
 public:
  explicit ClampCounter(const OutputRange& range) : range_(range) {}

  std::int8_t operator()(std::int64_t scaled) {
    low_ += range_.zero_point + scaled < range_.low ? 1 : 0;
    high_ += range_.zero_point + scaled > range_.high ? 1 : 0;
    return to_output(scaled, range_);
  }
  [[nodiscard]] std::int64_t low() const { return low_; }    ///< outputs that the clamp raised
  [[nodiscard]] std::int64_t high() const { return high_; }  ///< outputs that the clamp lowered

 private:
  const OutputRange range_;
  std::int64_t low_ = 0;
  std::int64_t high_ = 0;
};

}  // namespace evenshift::datapath

#pragma once

namespace evenshift::compiler {

/// Least and greatest real value that a value's codes shall reach: what calibration finds and quantization takes.
struct ValueRange {
  double low = 0;
  double high = 0;
  friend bool operator==(const ValueRange&, const ValueRange&) = default;
};

}  // namespace evenshift::compiler

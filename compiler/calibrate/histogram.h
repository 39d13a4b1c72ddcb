#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "compiler/ir/value_range.h"

namespace evenshift::compiler {

/// Counts of numbers in bins [i, i + 1) · 2^exponent, i from -2048 to 2047, where 2^exponent is the least power of two
/// that lets every number so far fall into a bin: bins merge in pairs as it grows. Counts depend on the numbers alone,
/// not on their order or on how they were divided among histograms that are added later. Zeros are counted apart, as
/// they have no quantization error.
class Histogram {
 public:
  static constexpr std::int64_t kBins = 2048;  ///< on either side of zero

  struct Bin {
    double low = 0;
    double high = 0;
    std::int64_t count = 0;
    friend bool operator==(const Bin&, const Bin&) = default;
  };

  /// `values` are finite.
  void add(std::span<const float> values);
  void add(const Histogram& other);

  [[nodiscard]] std::int64_t zeros() const { return zeros_; }
  /// Bins that are not empty, in ascending order; the outer edges are moved in to the least and greatest number.
  [[nodiscard]] std::vector<Bin> bins() const;
  /// Counts of all bins, from that of [-kBins, -kBins + 1) · width(); empty as long as nothing was added.
  [[nodiscard]] std::span<const std::int64_t> counts() const { return counts_; }
  [[nodiscard]] double width() const { return std::ldexp(1.0, exponent_); }
  /// Least and greatest number so far; 0 where there is none.
  [[nodiscard]] ValueRange extent() const { return extent_; }
  [[nodiscard]] std::int64_t total() const;

 private:
  void grow(int exponent);

  static constexpr int kLeastExponent = -120;  ///< smaller numbers share a bin

  int exponent_ = kLeastExponent;
  bool empty_ = true;
  ValueRange extent_;
  std::int64_t zeros_ = 0;
  std::vector<std::int64_t> counts_;
};

}  // namespace evenshift::compiler

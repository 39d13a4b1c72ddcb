#include "compiler/calibrate/histogram.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "compiler/calibrate/scan.h"

namespace evenshift::compiler {

void Histogram::grow(int exponent) {
  if (counts_.empty()) {
    counts_.resize(2 * kBins);
    exponent_ = exponent;
  }
  if (exponent <= exponent_) return;
  const int shift = std::min(exponent - exponent_, 30);
  std::vector<std::int64_t> merged(2 * kBins);
  for (std::int64_t i = -kBins; i < kBins; ++i)
    merged[static_cast<std::size_t>((i >> shift) + kBins)] += counts_[static_cast<std::size_t>(i + kBins)];
  counts_ = std::move(merged);
  exponent_ = exponent;
}

void Histogram::add(std::span<const float> values) {
  if (values.empty()) return;
  const ValueRange extent = extent_of(values);
  const double magnitude = std::max(std::abs(extent.low), std::abs(extent.high));
  int exponent = 0;
  std::frexp(magnitude, &exponent);  // magnitude < 2^exponent
  grow(std::max(exponent - 11, kLeastExponent));
  extent_.low = empty_ ? extent.low : std::min(extent_.low, extent.low);
  extent_.high = empty_ ? extent.high : std::max(extent_.high, extent.high);
  empty_ = false;

  const float scale = std::ldexp(1.0F, -exponent_);  // a power of two: the product is exact
  std::int64_t* const middle = counts_.data() + kBins;
  std::int64_t zeros = 0;
  for (const float value : values) {
    const float scaled = value * scale;
    auto bin = static_cast<std::int32_t>(scaled);
    bin -= static_cast<float>(bin) > scaled;
    const bool is_zero = value == 0;
    zeros += is_zero;
    middle[bin] += !is_zero;
  }
  zeros_ += zeros;
}

void Histogram::add(const Histogram& other) {
  if (other.empty_) return;
  grow(other.exponent_);
  const int shift = std::min(exponent_ - other.exponent_, 30);
  for (std::int64_t i = -kBins; i < kBins; ++i)
    counts_[static_cast<std::size_t>((i >> shift) + kBins)] += other.counts_[static_cast<std::size_t>(i + kBins)];
  extent_.low = empty_ ? other.extent_.low : std::min(extent_.low, other.extent_.low);
  extent_.high = empty_ ? other.extent_.high : std::max(extent_.high, other.extent_.high);
  empty_ = false;
  zeros_ += other.zeros_;
}

std::vector<Histogram::Bin> Histogram::bins() const {
  std::vector<Bin> bins;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(counts_.size()); ++i)
    if (counts_[static_cast<std::size_t>(i)] > 0)
      bins.push_back({std::max(std::ldexp(static_cast<double>(i - kBins), exponent_), extent_.low),
                      std::min(std::ldexp(static_cast<double>(i - kBins + 1), exponent_), extent_.high),
                      counts_[static_cast<std::size_t>(i)]});
  return bins;
}

std::int64_t Histogram::total() const {
  std::int64_t total = zeros_;
  for (const std::int64_t count : counts_) total += count;
  return total;
}

}  // namespace evenshift::compiler

#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>

#include "compiler/ir/value_range.h"

/// Loops over all numbers of a value, in a form that compilers vectorize without reordering floats.
namespace evenshift::compiler {

/// Whether no number is infinite or not a number.
inline bool all_finite(std::span<const float> values) {
  constexpr std::uint32_t kExponent = 0x7f800000;
  std::uint32_t found = 0;
  for (const float value : values) found |= (std::bit_cast<std::uint32_t>(value) & kExponent) == kExponent;
  return found == 0;
}

/// Least and greatest of `values`, of which there is one at least; a zero is never negative.
inline ValueRange extent_of(std::span<const float> values) {
  constexpr std::size_t kLanes = 16;
  std::array<float, kLanes> low;
  std::array<float, kLanes> high;
  low.fill(values[0]);
  high.fill(values[0]);
  std::size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const float value = values[i + lane];
      low[lane] = value < low[lane] ? value : low[lane];
      high[lane] = value > high[lane] ? value : high[lane];
    }
  for (; i < values.size(); ++i) {
    low[0] = values[i] < low[0] ? values[i] : low[0];
    high[0] = values[i] > high[0] ? values[i] : high[0];
  }
  ValueRange extent{low[0], high[0]};
  for (std::size_t lane = 1; lane < kLanes; ++lane) {
    extent.low = low[lane] < extent.low ? low[lane] : extent.low;
    extent.high = high[lane] > extent.high ? high[lane] : extent.high;
  }
  return {extent.low + 0.0, extent.high + 0.0};
}

struct Moments {
  double sum = 0;
  double squares = 0;  ///< sum of squares
};

/// Sums in an order that depends on the number of values alone.
inline Moments moments_of(std::span<const float> values) {
  constexpr std::size_t kLanes = 8;
  std::array<double, kLanes> sums{};
  std::array<double, kLanes> squares{};
  const auto add = [&](std::size_t lane, double value) {
    sums[lane] += value;
    squares[lane] += value * value;
  };
  std::size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) add(lane, values[i + lane]);
  for (; i < values.size(); ++i) add(0, values[i]);
  Moments moments;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    moments.sum += sums[lane];
    moments.squares += squares[lane];
  }
  return moments;
}

}  // namespace evenshift::compiler

#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <vector>

namespace evenshift::host {

/// exp(x[i] - max x) / sum_j exp(x[j] - max x), computed in double without the C library, hence the same bytes on every
/// machine. An infinite maximum shares the whole among those that reach it; where a value is not a number, all are.
std::vector<float> softmax(std::span<const float> values);

/// x = (q - zero_point) * scale, in double, rounded once to float.
template <std::integral Int>
std::vector<float> dequantize(std::span<const Int> values, double scale, std::int32_t zero_point) {
  std::vector<float> result;
  result.reserve(values.size());
  for (const Int value : values)
    result.push_back(static_cast<float>(static_cast<double>(static_cast<std::int64_t>(value) - zero_point) * scale));
  return result;
}

}  // namespace evenshift::host

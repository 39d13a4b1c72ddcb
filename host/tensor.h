#pragma once

#include <cstdint>
#include <vector>

namespace evenshift::host {

/// Row-major float32 values; as many as the product of `shape`.
struct FloatTensor {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
  bool operator==(const FloatTensor&) const = default;
};

}  // namespace evenshift::host

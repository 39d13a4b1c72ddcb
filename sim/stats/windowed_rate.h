#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "arch/base/ceil_divide.h"

namespace evenshift::sim {

/// Bytes per cycle in windows of equal length that cover cycles 0 to `total_cycles`.
class WindowedRate {
 public:
  WindowedRate(std::int64_t total_cycles, std::int64_t window_cycles)
      : window_cycles_(window_cycles), bytes_(static_cast<std::size_t>(ceil_divide(total_cycles, window_cycles))) {}

  /// `bytes` that move evenly in `cycles` cycles from `start` on; nothing where there are no cycles.
  void add(std::int64_t start, std::int64_t cycles, std::int64_t bytes) {
    const double per_cycle = cycles > 0 ? static_cast<double>(bytes) / static_cast<double>(cycles) : 0;
    for (std::int64_t at = start; at < start + cycles;) {
      const std::int64_t window = at / window_cycles_;
      const std::int64_t next = std::min((window + 1) * window_cycles_, start + cycles);
      if (window < windows()) bytes_[static_cast<std::size_t>(window)] += per_cycle * static_cast<double>(next - at);
      at = next;
    }
  }

  [[nodiscard]] std::int64_t windows() const { return static_cast<std::int64_t>(bytes_.size()); }
  [[nodiscard]] double bytes_per_cycle(std::int64_t window) const {
    return bytes_[static_cast<std::size_t>(window)] / static_cast<double>(window_cycles_);
  }

 private:
  std::int64_t window_cycles_;
  std::vector<double> bytes_;
};

}  // namespace evenshift::sim

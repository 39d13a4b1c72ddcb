#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "sim/executor.h"

namespace evenshift::sim {

/// Gathers the accumulators of conv layers, in the place of the output that they become: use `observer` in a run.
class AccumulatorCollector {
 public:
  explicit AccumulatorCollector(const image::Image& image) : image_(image) {}

  /// For Observer::accumulator.
  void add(std::int64_t command, std::int64_t y, std::int64_t x, std::int64_t c, std::int32_t accumulator);

  /// Accumulators of a layer's output in (y, x, c) order; empty for a layer without conv commands.
  [[nodiscard]] const std::vector<std::int32_t>& of_layer(std::int64_t layer) const;

 private:
  /// DRAM address of every element of a command's output tile, in (y, x, c) order.
  const std::vector<std::int64_t>& destinations(std::int64_t command);

  const image::Image& image_;
  std::map<std::int64_t, std::vector<std::int64_t>> destinations_;
  std::map<std::int64_t, std::vector<std::int32_t>> layers_;
};

}  // namespace evenshift::sim

#pragma once

#include <cstdint>
#include <vector>

#include "arch/config/npu_config.h"
#include "arch/datapath/conv_core.h"
#include "arch/isa/weight_layout.h"

namespace evenshift::rtl {

/// Sees the accumulators of a command as the core drains them: block by block, position by position, requant_lanes
/// columns at a time.
class AccumulatorWatch {
 public:
  AccumulatorWatch(const isa::Conv& conv, const NpuConfig& config, const datapath::AccumulatorObserver& observer);

  /// There is anything to see: an observer, or accumulators narrower than those that were built.
  [[nodiscard]] bool needed() const { return needed_; }

  /// The accumulators of the next request, one a column of the array, 32 bits each. Calls the observer; throws
  /// InternalError for one beyond accumulator_bits.
  void drained(const std::uint8_t* accumulators);

 private:
  bool needed_;
  std::int64_t limit_;
  std::int64_t lanes_;
  std::int64_t output_width_;
  std::int64_t positions_;
  const datapath::AccumulatorObserver& observer_;
  std::vector<isa::ColumnBlock> blocks_;
  std::size_t block_ = 0;
  std::int64_t position_ = 0;
  std::int64_t column_ = 0;
};

}  // namespace evenshift::rtl

#include "rtl/cosim/accumulator_watch.h"

#include <algorithm>
#include <cstring>

#include "arch/base/check.h"

namespace evenshift::rtl {

constexpr std::int64_t kBuiltAccumulatorBits = 32;

AccumulatorWatch::AccumulatorWatch(const isa::Conv& conv, const NpuConfig& config,
                                   const datapath::AccumulatorObserver& observer)
    : needed_(observer || config.conv_core.accumulator_bits < kBuiltAccumulatorBits),
      limit_(std::int64_t{1} << (config.conv_core.accumulator_bits - 1)),
      lanes_(std::min(config.conv_core.requant_lanes, config.conv_core.mac_cols)),
      output_width_(conv.output_width),
      positions_(conv.output_height * conv.output_width),
      observer_(observer) {
  if (needed_) blocks_ = isa::column_blocks(conv, config.conv_core.mac_cols);
}

void AccumulatorWatch::drained(const std::uint8_t* accumulators) {
  check(block_ < blocks_.size(), "more drain requests than a command has");
  const isa::ColumnBlock& block = blocks_[block_];
  const std::int64_t end = std::min(column_ + lanes_, block.channels);
  for (; column_ < end; ++column_) {
    std::int32_t accumulator = 0;
    std::memcpy(&accumulator, accumulators + 4 * column_, sizeof accumulator);
    if (accumulator < -limit_ || accumulator >= limit_)
      check_at_most(accumulator < 0 ? -std::int64_t{accumulator} : accumulator, limit_ - 1, "accumulator");
    if (observer_)
      observer_(position_ / output_width_, position_ % output_width_, block.first_channel + column_, accumulator);
  }
  if (column_ < block.channels) return;
  column_ = 0;
  if (++position_ < positions_) return;
  position_ = 0;
  ++block_;
}

}  // namespace evenshift::rtl

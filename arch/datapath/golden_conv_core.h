#pragma once

#include <vector>

#include "arch/datapath/conv_core.h"

namespace evenshift::datapath {

/// The definition of the conv command, as readable loops. Cycles by conv_timing.
class GoldenConvCore : public ConvCore {
 public:
  void configure(const NpuConfig& config) override;
  ConvActivity execute(const isa::Conv& conv, std::span<std::uint8_t> scratchpad,
                       const AccumulatorObserver& observer = {}) override;

 private:
  NpuConfig config_;
  std::vector<std::int32_t> accumulators_;  ///< [y][x][c] of the last command
};

}  // namespace evenshift::datapath

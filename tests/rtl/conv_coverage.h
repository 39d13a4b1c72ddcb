#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "arch/config/npu_config.h"
#include "arch/isa/commands.h"
#include "tests/rtl/coverage_counters.h"

namespace evenshift::rtl {

/// Counters of what conv commands and the accumulators that the RTL drains have reached.
class ConvCoverage : public CoverageCounters {
 public:
  ConvCoverage();

  /// A command that is executed on the machine.
  void command(const isa::Conv& conv, const NpuConfig& config);

  /// An accumulator with the effective scale of its channel.
  void accumulator(std::int32_t accumulator, const isa::Conv& conv, FixedPointScale scale,
                   const NpuConfig::Requantizer& requantizer);

 private:
  void count_edges(const isa::Conv& conv, const std::string& kind);
};

}  // namespace evenshift::rtl

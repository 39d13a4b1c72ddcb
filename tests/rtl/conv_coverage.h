#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "arch/config/npu_config.h"
#include "arch/isa/commands.h"

namespace evenshift::rtl {

/// Counters of what conv commands and the accumulators that the RTL drains have reached. Every counter exists from the
/// beginning, so that what was never reached is a 0 in the report.
class ConvCoverage {
 public:
  ConvCoverage();

  /// A command that is executed on the machine.
  void command(const isa::Conv& conv, const NpuConfig& config);

  /// An accumulator with the effective scale of its channel.
  void accumulator(std::int32_t accumulator, const isa::Conv& conv, FixedPointScale scale,
                   const NpuConfig::Requantizer& requantizer);

  [[nodiscard]] const std::map<std::string, std::int64_t>& counters() const { return counters_; }

 private:
  /// Counts where `condition` holds. Throws InternalError for a counter that does not exist.
  void count(const std::string& name, bool condition = true);
  void count_edges(const isa::Conv& conv, const std::string& kind);

  std::map<std::string, std::int64_t> counters_;
};

}  // namespace evenshift::rtl

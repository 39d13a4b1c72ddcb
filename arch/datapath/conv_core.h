#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "arch/config/npu_config.h"
#include "arch/isa/commands.h"

namespace evenshift::datapath {

/// What one conv command did. All counts are of this command alone.
struct ConvActivity {
  std::int64_t cycles = 0;                ///< from the start of the command to its last byte written
  std::int64_t macs = 0;                  ///< multiply-accumulates, padding included
  std::int64_t weight_stall_cycles = 0;   ///< array idle, waiting for weights
  std::int64_t requant_stall_cycles = 0;  ///< array idle, waiting for the requantizer
  std::int64_t clamped_low = 0;           ///< outputs that the clamp raised
  std::int64_t clamped_high = 0;          ///< outputs that the clamp lowered
  friend bool operator==(const ConvActivity&, const ConvActivity&) = default;
};

/// Called with (y, x, c, accumulator) of the output tile, just before requantization.
using AccumulatorObserver = std::function<void(std::int64_t, std::int64_t, std::int64_t, std::int32_t)>;

/// The face that the golden model and the RTL share: a conv command and the scratchpad in, writes to the scratchpad and
/// cycles out. What is behind it may be one loop nest or a whole Verilated core.
class ConvCore {
 public:
  virtual ~ConvCore() = default;

  /// Becomes the core of this machine and forgets its accumulators. Throws Error when it cannot be that core.
  virtual void configure(const NpuConfig& config) = 0;

  /// Executes a command that isa::command_fault accepts. Throws InternalError when an accumulator does not fit
  /// accumulator_bits: the compiler has proved that none does.
  virtual ConvActivity execute(const isa::Conv& conv, std::span<std::uint8_t> scratchpad,
                               const AccumulatorObserver& observer = {}) = 0;
};

}  // namespace evenshift::datapath

#pragma once

#include <cstdint>
#include <span>

#include "arch/config/npu_config.h"
#include "arch/datapath/conv_core.h"
#include "arch/isa/commands.h"
#include "rtl/cosim/vcd_recording.h"

namespace evenshift::rtl {

/// A Verilated evenshift_conv_core of some size with the scratchpad at its ports. The class behind it is hidden.
class ClockedCore {
 public:
  virtual ~ClockedCore() = default;

  /// Resets the core and sets the inputs that stand still: what of the built core the machine uses.
  virtual void reset(const NpuConfig& config) = 0;

  /// Writes the command into the core's registers, clocks the core from its start to `done_o`, and answers its ports.
  /// The scratchpad delivers banks · bytes_per_bank_per_cycle bytes of operands in a cycle.
  virtual datapath::ConvActivity run(const isa::Conv& conv, std::span<std::uint8_t> scratchpad,
                                     const datapath::AccumulatorObserver& observer) = 0;

  /// From here on every signal goes into `recording`; nullptr: no longer. A recording is of one core, a traced one,
  /// which it outlives.
  virtual void record(VcdRecording* recording) = 0;
};

}  // namespace evenshift::rtl

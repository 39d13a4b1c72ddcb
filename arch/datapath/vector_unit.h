#pragma once

#include <cstdint>
#include <span>

#include "arch/config/npu_config.h"
#include "arch/isa/commands.h"

namespace evenshift::datapath {

/// What one vector command did.
struct VectorActivity {
  std::int64_t cycles = 0;
  std::int64_t elements = 0;      ///< outputs written
  std::int64_t clamped_low = 0;   ///< outputs that the clamp raised
  std::int64_t clamped_high = 0;  ///< outputs that the clamp lowered
  friend bool operator==(const VectorActivity&, const VectorActivity&) = default;
};

/// Executes a command of the vector unit (every compute command but conv; sync does nothing) on the scratchpad: the
/// definition, as readable loops. The command has passed isa::command_fault. Throws Error for a table whose contents
/// lead outside the tile or ask for an impossible shift. Cycles by vector_timing.
VectorActivity execute_vector(const isa::Operation& operation, const NpuConfig& config,
                              std::span<std::uint8_t> scratchpad);

/// The face that the golden model and the RTL share: a command of the vector unit and the scratchpad in, writes to the
/// scratchpad and cycles out.
class VectorUnit {
 public:
  virtual ~VectorUnit() = default;

  /// Becomes the vector unit of this machine. Throws Error when it cannot be that unit.
  virtual void configure(const NpuConfig& config) = 0;

  /// Executes a command of the vector unit that isa::command_fault accepts. Throws Error for a table whose contents
  /// lead outside the tile or ask for an impossible shift.
  virtual VectorActivity execute(const isa::Operation& operation, std::span<std::uint8_t> scratchpad) = 0;
};

/// execute_vector behind that face.
class GoldenVectorUnit : public VectorUnit {
 public:
  void configure(const NpuConfig& config) override { config_ = config; }
  VectorActivity execute(const isa::Operation& operation, std::span<std::uint8_t> scratchpad) override {
    return execute_vector(operation, config_, scratchpad);
  }

 private:
  NpuConfig config_;
};

}  // namespace evenshift::datapath

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "arch/image/image.h"
#include "arch/isa/footprint.h"

namespace evenshift::sim {

/// What is known of DRAM and scratchpad before any run: which bytes are constants, and which load brought them.
/// Follows the stream command by command; afterwards knows which loads a run can leave out.
class ShadowMemory {
 public:
  explicit ShadowMemory(const image::Image& image);

  /// Command `index` is a transfer.
  void load(std::int64_t index, const isa::Load& load);
  void store(const isa::Store& store);

  /// Whether every byte that `access` reads is a constant. The values stand in scratchpad().
  [[nodiscard]] bool is_constant(const isa::Access& access) const;
  /// A run reads these bytes: the loads that brought them must happen.
  void read(const isa::Access& access);
  /// A run writes data to these bytes of the scratchpad.
  void write(const isa::Access& access);

  [[nodiscard]] std::span<const std::uint8_t> scratchpad() const { return scratchpad_; }
  /// By command: a load of constants that nothing has read.
  [[nodiscard]] const std::vector<bool>& unread_loads() const { return unread_; }
  /// A run changes bytes that the next one expects as they were at first.
  [[nodiscard]] bool must_restore_dram() const { return must_restore_dram_; }

 private:
  enum State : std::uint8_t { zero, zero_and_read, constant, data };

  std::vector<State> dram_states_, scratchpad_states_;
  std::vector<std::uint8_t> dram_, scratchpad_;  ///< values where constant
  std::vector<std::int32_t> loads_;  ///< by byte of the scratchpad: the load of constants that wrote it, or -1
  std::vector<bool> unread_;
  bool must_restore_dram_ = false;
};

}  // namespace evenshift::sim

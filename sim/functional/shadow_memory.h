#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "arch/image/image.h"
#include "arch/isa/footprint.h"

namespace evenshift::sim {

/// What is known of DRAM and scratchpad before any run: which bytes are constants, which command wrote them last, and
/// who read what a command wrote. Follows the stream command by command.
class ShadowMemory {
 public:
  /// Who read the bytes that a command wrote to the scratchpad.
  struct Readers {
    bool compute = false;     ///< a compute command
    std::int64_t stores = 0;  ///< number of store commands
    std::int64_t last_store = -1;
    bool store_reads_others = false;  ///< a store command that also read what another command wrote
  };

  explicit ShadowMemory(const image::Image& image);

  /// Command `index` is a transfer.
  void load(std::int64_t index, const isa::Load& load);
  void store(std::int64_t index, const isa::Store& store);
  /// Compute command `index` reads or writes these bytes of the scratchpad.
  void read(const isa::Access& access);
  void write(std::int64_t index, const isa::Access& access);

  /// Whether every byte of the scratchpad that `access` reads is a constant. The values stand in scratchpad().
  [[nodiscard]] bool is_constant(const isa::Access& access) const;
  [[nodiscard]] std::span<const std::uint8_t> scratchpad() const { return scratchpad_; }

  /// The one command that wrote all these bytes of the scratchpad, -1 where there is none.
  [[nodiscard]] std::int64_t writer_of(const isa::Access& access) const;
  [[nodiscard]] const Readers& readers_of(std::int64_t index) const {
    return readers_[static_cast<std::size_t>(index)];
  }
  /// Whether no store after command `index` wrote any of these bytes of DRAM. May say no where none did.
  [[nodiscard]] bool unchanged_since(std::int64_t index, const isa::Access& access) const;

  /// A run changes bytes that the next one expects as they were at first.
  [[nodiscard]] bool must_restore_dram() const { return must_restore_dram_; }
  /// A run may read bytes of the scratchpad that it has not written: they must be zero.
  [[nodiscard]] bool must_clear_scratchpad() const { return must_clear_scratchpad_; }

 private:
  enum State : std::uint8_t { zero, zero_and_read, constant, data };

  template <typename Visitor>
  void visit_writers(const isa::Access& access, Visitor&& visitor) const;

  std::vector<State> dram_states_, scratchpad_states_;
  std::vector<std::uint8_t> dram_, scratchpad_;  ///< values where constant
  std::vector<std::int32_t> writers_;            ///< by byte of the scratchpad: index of a command, or -1
  std::vector<std::int32_t> last_stores_;        ///< by block of DRAM: index of a command, or -1
  std::vector<Readers> readers_;
  bool must_restore_dram_ = false;
  bool must_clear_scratchpad_ = false;
};

}  // namespace evenshift::sim

#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "arch/image/image.h"

namespace evenshift::compiler {

/// Tensors and constants start on multiples of this in DRAM, and tiles in the scratchpad.
inline constexpr std::int64_t kAlignmentBytes = 16;

constexpr std::int64_t align_up(std::int64_t value, std::int64_t alignment = kAlignmentBytes) {
  return (value + alignment - 1) / alignment * alignment;
}

/// The four constant sections of an image while it grows. As their sizes are not known before the last layer is
/// lowered, `add` gives provisional DRAM addresses far above those of any tensor; `place` and `final_address` settle
/// them.
class ConstantPool {
 public:
  enum Section : std::size_t { weights, biases, scales, tables };

  /// Appends bytes at a multiple of `alignment` and returns their provisional address.
  std::int64_t add(Section section, std::span<const std::uint8_t> bytes, std::int64_t alignment = 1);

  /// As add to `tables`, but equal tables are stored once.
  std::int64_t add_table(const std::vector<std::uint8_t>& bytes);

  /// Places the sections one after the other from `address` on and returns the first address after them.
  std::int64_t place(std::int64_t address);

  /// The address that a provisional one has after `place`; others are not changed.
  [[nodiscard]] std::int64_t final_address(std::int64_t address) const;

  /// Moves the bytes into the image.
  void move_to(image::Image& image);

 private:
  static constexpr std::int64_t kSpan = std::int64_t{1} << 40;  ///< provisional addresses of a section

  std::array<image::Constants, 4> sections_;
  std::map<std::string, std::int64_t, std::less<>> known_tables_;  ///< by their bytes
};

/// Signed 32-bit little-endian integers, as biases and tables hold them.
std::vector<std::uint8_t> int32_bytes(std::span<const std::int32_t> values);

/// Unsigned 16-bit little-endian integers, as the tables of gather hold them.
std::vector<std::uint8_t> uint16_bytes(std::span<const std::int64_t> values);

}  // namespace evenshift::compiler

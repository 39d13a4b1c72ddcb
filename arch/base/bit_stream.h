#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace evenshift {

/// Bytes that hold `count` fields of `bits` bits each, packed without gaps.
constexpr std::uint64_t packed_bytes(std::uint64_t count, unsigned bits) { return (count * bits + 7) / 8; }

/// Appends fields of 1 to 32 bits, the first in the lowest bits of the first byte; `take` pads with zeros to a byte.
class BitWriter {
 public:
  void put(std::uint32_t value, unsigned bits) {
    pending_ |= (static_cast<std::uint64_t>(value) & ((std::uint64_t{1} << bits) - 1)) << pending_bits_;
    for (pending_bits_ += bits; pending_bits_ >= 8; pending_bits_ -= 8, pending_ >>= 8)
      bytes_.push_back(static_cast<std::uint8_t>(pending_));
  }
  [[nodiscard]] std::vector<std::uint8_t> take() {
    if (pending_bits_ > 0) bytes_.push_back(static_cast<std::uint8_t>(pending_));
    pending_ = 0;
    pending_bits_ = 0;
    return std::move(bytes_);
  }

 private:
  std::vector<std::uint8_t> bytes_;
  std::uint64_t pending_ = 0;
  unsigned pending_bits_ = 0;
};

/// Field `index` of a stream of equal fields of `bits` (1 to 32) bits. The caller has checked the size.
inline std::uint32_t packed_field(std::span<const std::uint8_t> bytes, std::uint64_t index, unsigned bits) {
  const std::uint64_t first = index * bits;
  std::uint64_t value = 0;
  unsigned got = 0;
  for (std::uint64_t byte = first / 8; got < bits + first % 8; ++byte, got += 8)
    value |= static_cast<std::uint64_t>(bytes[byte]) << got;
  return static_cast<std::uint32_t>((value >> (first % 8)) & ((std::uint64_t{1} << bits) - 1));
}

/// The low `bits` bits of `value` as a two's complement number.
constexpr std::int32_t sign_extend(std::uint32_t value, unsigned bits) {
  return static_cast<std::int32_t>(value << (32 - bits)) >> (32 - bits);
}

}  // namespace evenshift

#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arch/base/error.h"

namespace evenshift {

/// Appends little-endian integers, doubles and length-prefixed strings.
class ByteWriter {
 public:
  template <std::integral Int>
  void put(Int value) {
    auto bits = static_cast<std::make_unsigned_t<Int>>(value);
    for (std::size_t i = 0; i < sizeof(Int); ++i) bytes_.push_back(static_cast<std::uint8_t>(bits >> (8 * i)));
  }
  void put(double value) { put(std::bit_cast<std::uint64_t>(value)); }
  void put(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    bytes_.insert(bytes_.end(), text.begin(), text.end());
  }
  void put_bytes(std::span<const std::uint8_t> bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }

  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] std::vector<std::uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<std::uint8_t> bytes_;
};

/// Reads what ByteWriter wrote. Throws Error naming `what` where the bytes end early; never reads past them.
class ByteReader {
 public:
  ByteReader(std::span<const std::uint8_t> bytes, std::string what) : bytes_(bytes), what_(std::move(what)) {}

  template <std::integral Int>
  Int get() {
    const auto raw = take(sizeof(Int));
    std::make_unsigned_t<Int> bits = 0;
    for (std::size_t i = 0; i < sizeof(Int); ++i)
      bits = static_cast<std::make_unsigned_t<Int>>(bits | (static_cast<std::uint64_t>(raw[i]) << (8 * i)));
    return static_cast<Int>(bits);
  }
  double get_double() { return std::bit_cast<double>(get<std::uint64_t>()); }
  std::string get_string() {
    const auto size = get<std::uint32_t>();
    const auto raw = take(size);
    return {reinterpret_cast<const char*>(raw.data()), raw.size()};
  }
  std::span<const std::uint8_t> take(std::size_t size) {
    if (size > bytes_.size() - position_)
      fail("{} ends after {} bytes where {} more are needed", what_, bytes_.size(), size - (bytes_.size() - position_));
    const auto taken = bytes_.subspan(position_, size);
    position_ += size;
    return taken;
  }
  [[nodiscard]] bool at_end() const { return position_ == bytes_.size(); }
  [[nodiscard]] std::size_t position() const { return position_; }

 private:
  std::span<const std::uint8_t> bytes_;
  std::string what_;
  std::size_t position_ = 0;
};

}  // namespace evenshift

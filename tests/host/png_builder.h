#pragma once

#include <zlib.h>

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "arch/base/digest.h"

namespace evenshift::host {

/// Writes PNG files chunk by chunk, faulty ones included.
class PngBuilder {
 public:
  enum ColorType { kGray = 0, kRgb = 2, kPalette = 3, kGrayAlpha = 4, kRgba = 6 };

  PngBuilder(std::uint32_t width, std::uint32_t height, int bit_depth, ColorType color_type) {
    bytes_ = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    std::vector<std::uint8_t> header;
    append(header, width);
    append(header, height);
    for (const int value : {bit_depth, static_cast<int>(color_type), 0, 0, 0})
      header.push_back(static_cast<std::uint8_t>(value));
    chunk("IHDR", header);
  }

  PngBuilder& chunk(std::string_view type, std::span<const std::uint8_t> data) {
    append(bytes_, static_cast<std::uint32_t>(data.size()));
    std::vector<std::uint8_t> checked(type.begin(), type.end());
    checked.insert(checked.end(), data.begin(), data.end());
    bytes_.insert(bytes_.end(), checked.begin(), checked.end());
    append(bytes_, crc32(checked));
    return *this;
  }

  /// `rows` as PNG wants them: each begins with its filter byte.
  PngBuilder& pixels(const std::vector<std::uint8_t>& rows) {
    uLongf size = ::compressBound(rows.size());
    std::vector<std::uint8_t> packed(size);
    if (::compress(packed.data(), &size, rows.data(), rows.size()) != Z_OK) throw std::runtime_error("compress");
    packed.resize(size);
    return chunk("IDAT", packed);
  }

  std::vector<std::uint8_t> end() {
    chunk("IEND", {});
    return bytes_;
  }

 private:
  static void append(std::vector<std::uint8_t>& bytes, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::uint8_t>(value >> shift));
  }

  std::vector<std::uint8_t> bytes_;
};

}  // namespace evenshift::host

#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace evenshift::host {

/// 8-bit RGB, row-major, interleaved: pixels[(y * width + x) * 3 + channel].
struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;

  Image() = default;
  Image(int image_width, int image_height)
      : width(image_width),
        height(image_height),
        pixels(static_cast<std::size_t>(image_width) * static_cast<std::size_t>(image_height) * 3) {}

  [[nodiscard]] const std::uint8_t* row(int y) const {
    return pixels.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width) * 3;
  }
  [[nodiscard]] std::uint8_t* row(int y) {
    return pixels.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width) * 3;
  }
  bool operator==(const Image&) const = default;
};

inline constexpr int kMaxImageSide = 16384;               ///< pixels; a larger image is refused
inline constexpr std::int64_t kMaxImagePixels = 1 << 27;  ///< the same for the area

/// Decodes JPEG, PNG, BMP, PPM (P6) and PGM (P5), told apart by their first bytes. The pixels equal those of Pillow's
/// `Image.open(file).convert('RGB')` for JPEG (libjpeg-turbo: ISLOW, fancy upsampling; CMYK as Adobe writes it) and for
/// 8-bit PNG: alpha is dropped, palettes are expanded, gray is repeated; of 16-bit samples the high byte is kept.
/// EXIF orientation and colour profiles are ignored. Throws Error naming the file and the reason for an unknown format,
/// a truncated or corrupt file, and more than 16384 pixels a side.
Image decode_image(const std::filesystem::path& path);

/// The same from memory; `name` stands for the file in messages.
Image decode_image(std::span<const std::uint8_t> bytes, const std::string& name);

}  // namespace evenshift::host

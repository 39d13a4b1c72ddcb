#include "arch/base/error.h"
#include "host/image_formats.h"

namespace evenshift::host {
namespace {

constexpr std::size_t kFileHeaderBytes = 14;
constexpr std::uint32_t kOldHeaderBytes = 12;  // OS/2: sizes of 16 bits

/// `count` bytes at `position`, little-endian.
std::uint32_t little_endian(std::span<const std::uint8_t> bytes, std::size_t position, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value |= std::uint32_t{bytes[position + i]} << (8 * i);
  return value;
}

}  // namespace

void check_bmp(std::span<const std::uint8_t> bytes, const std::string& name) {
  const auto truncated = [&] { fail("'{}' is a truncated BMP file: it ends after {} bytes", name, bytes.size()); };
  if (bytes.size() < kFileHeaderBytes + kOldHeaderBytes) truncated();
  const std::uint32_t pixels_begin = little_endian(bytes, 10, 4);
  const std::uint32_t header_bytes = little_endian(bytes, 14, 4);
  if (header_bytes > bytes.size() - kFileHeaderBytes) truncated();
  if (header_bytes != kOldHeaderBytes && header_bytes < 40)
    fail("'{}' is a corrupt BMP file: a header of {} bytes is unknown", name, header_bytes);

  const bool old = header_bytes == kOldHeaderBytes;
  const std::int64_t width = old ? static_cast<std::int64_t>(little_endian(bytes, 18, 2))
                                 : static_cast<std::int32_t>(little_endian(bytes, 18, 4));
  std::int64_t height = old ? static_cast<std::int64_t>(little_endian(bytes, 20, 2))
                            : static_cast<std::int32_t>(little_endian(bytes, 22, 4));
  if (height < 0) height = -height;  // rows from top to bottom
  check_dimensions(width, height, name);

  const std::uint32_t bits_per_pixel = little_endian(bytes, old ? 24 : 28, 2);
  if (bits_per_pixel > 32) fail("'{}' is a corrupt BMP file: {} bits per pixel", name, bits_per_pixel);
  const std::int64_t row_bytes = (width * bits_per_pixel + 31) / 32 * 4;
  if (pixels_begin + row_bytes * height > static_cast<std::int64_t>(bytes.size())) truncated();
}

}  // namespace evenshift::host

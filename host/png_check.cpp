#include <string_view>

#include "arch/base/digest.h"
#include "arch/base/error.h"
#include "host/image_formats.h"

namespace evenshift::host {
namespace {

constexpr std::size_t kSignatureBytes = 8;
constexpr std::size_t kLengthBytes = 4;
constexpr std::size_t kTypeBytes = 4;
constexpr std::size_t kCrcBytes = 4;

std::uint32_t big_endian(std::span<const std::uint8_t> bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3];
}

}  // namespace

void check_png(std::span<const std::uint8_t> bytes, const std::string& name) {
  std::size_t position = kSignatureBytes;
  bool first = true;
  while (true) {
    const auto rest = bytes.subspan(position);
    if (rest.size() < kLengthBytes + kTypeBytes + kCrcBytes)
      fail("'{}' is a truncated PNG file: it ends after {} bytes without an IEND chunk", name, bytes.size());
    const std::size_t length = big_endian(rest);
    const std::string_view type(reinterpret_cast<const char*>(rest.data()) + kLengthBytes, kTypeBytes);
    if (length > rest.size() - kLengthBytes - kTypeBytes - kCrcBytes)
      fail("'{}' is a truncated PNG file: it ends after {} bytes, within the chunk at byte {}", name, bytes.size(),
           position);
    const auto checked = rest.subspan(kLengthBytes, kTypeBytes + length);
    if (crc32(checked) != big_endian(rest.subspan(kLengthBytes + kTypeBytes + length)))
      fail("'{}' is a corrupt PNG file: the chunk at byte {} does not match its CRC", name, position);
    if (first) {
      if (type != "IHDR" || length != 13) fail("'{}' is a corrupt PNG file: it does not begin with IHDR", name);
      const auto header = rest.subspan(kLengthBytes + kTypeBytes);
      check_dimensions(big_endian(header), big_endian(header.subspan(4)), name);
    }
    if (type == "IEND") return;
    first = false;
    position += kLengthBytes + kTypeBytes + length + kCrcBytes;
  }
}

}  // namespace evenshift::host

#include "host/image_decode.h"

#include <algorithm>
#include <string_view>

#include "arch/base/atomic_file.h"
#include "arch/base/error.h"
#include "host/image_formats.h"

namespace evenshift::host {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 30;

bool begins_with(std::span<const std::uint8_t> bytes, std::string_view magic) {
  return bytes.size() >= magic.size() &&
         std::equal(magic.begin(), magic.end(), bytes.begin(),
                    [](char left, auto right) { return static_cast<std::uint8_t>(left) == right; });
}

}  // namespace

void check_dimensions(std::int64_t width, std::int64_t height, const std::string& name) {
  if (width < 1 || height < 1) fail("'{}': an image of {} x {} pixels has no content", name, width, height);
  if (width > kMaxImageSide || height > kMaxImageSide)
    fail("'{}': {} x {} pixels; at most {} a side are accepted", name, width, height, kMaxImageSide);
  if (width * height > kMaxImagePixels)
    fail("'{}': {} x {} pixels; at most {} in all are accepted", name, width, height, kMaxImagePixels);
}

Image decode_image(const std::filesystem::path& path) { return decode_image(read_file(path), path.string()); }

Image decode_image(std::span<const std::uint8_t> bytes, const std::string& name) {
  if (bytes.empty()) fail("'{}' is empty", name);
  if (bytes.size() > kMaxFileBytes)
    fail("'{}' has {} bytes; at most {} are accepted", name, bytes.size(), kMaxFileBytes);
  if (begins_with(bytes, "\xFF\xD8\xFF"sv)) return decode_jpeg(bytes, name);
  if (begins_with(bytes, "\x89PNG\r\n\x1A\n"sv)) {
    check_png(bytes, name);
    return decode_by_stb(bytes, name);
  }
  if (begins_with(bytes, "P5"sv) || begins_with(bytes, "P6"sv)) return decode_pnm(bytes, name);
  if (begins_with(bytes, "BM"sv)) {
    check_bmp(bytes, name);
    return decode_by_stb(bytes, name);
  }
  fail("'{}' is not an image that can be read: JPEG, PNG, BMP, PPM (P6) and PGM (P5) are", name);
}

}  // namespace evenshift::host

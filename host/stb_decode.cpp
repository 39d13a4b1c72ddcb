#include <algorithm>
#include <memory>

#include "arch/base/error.h"
#include "host/image_formats.h"

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_ONLY_BMP
#define STBI_NO_STDIO
#define STBI_MAX_DIMENSIONS 16384
#include <stb_image.h>

namespace evenshift::host {
namespace {

constexpr int kChannels = 3;

struct FreeByStb {
  void operator()(stbi_uc* pixels) const { stbi_image_free(pixels); }
};

}  // namespace

Image decode_by_stb(std::span<const std::uint8_t> bytes, const std::string& name) {
  int width = 0;
  int height = 0;
  int channels_in_file = 0;
  const std::unique_ptr<stbi_uc, FreeByStb> pixels(stbi_load_from_memory(
      bytes.data(), static_cast<int>(bytes.size()), &width, &height, &channels_in_file, kChannels));
  if (!pixels) fail("'{}' is a corrupt or unusual image file: {}", name, stbi_failure_reason());
  Image image(width, height);
  std::copy_n(pixels.get(), image.pixels.size(), image.pixels.begin());
  return image;
}

}  // namespace evenshift::host

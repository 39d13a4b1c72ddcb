#include <cstdio>  // jpeglib.h needs it before

#include <jerror.h>
#include <jpeglib.h>

#include <csetjmp>

#include "arch/base/error.h"
#include "host/image_formats.h"

// libjpeg reports a fatal error by a callback that must not return. Here it jumps, and every function that a jump may
// leave or re-enter (read_header, read_rows) holds nothing that has a destructor.

namespace evenshift::host {
namespace {

struct ErrorManager {
  jpeg_error_mgr base;  // first, so that a pointer to it is a pointer to this
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void leave(j_common_ptr info) {
  auto* manager = reinterpret_cast<ErrorManager*>(info->err);
  manager->base.format_message(info, manager->message);
  std::longjmp(manager->jump, 1);
}

/// Warnings after which the pixels are what the file meant.
bool is_harmless(int code) {
  return code == JWRN_EXTRANEOUS_DATA || code == JWRN_JFIF_MAJOR || code == JWRN_ADOBE_XFORM;
}

void on_message(j_common_ptr info, int level) {
  if (level < 0 && !is_harmless(info->err->msg_code)) leave(info);
}

void print_nothing(j_common_ptr) {}

class Decompressor {
 public:
  Decompressor() {
    info_.err = jpeg_std_error(&errors_.base);
    errors_.base.error_exit = leave;
    errors_.base.emit_message = on_message;
    errors_.base.output_message = print_nothing;
    errors_.message[0] = '\0';
  }
  ~Decompressor() { jpeg_destroy_decompress(&info_); }
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;

  /// Up to the first scan; false after an error.
  bool read_header(const std::uint8_t* data, std::size_t size) {
    if (setjmp(errors_.jump) != 0) return false;
    jpeg_create_decompress(&info_);
    jpeg_mem_src(&info_, data, static_cast<unsigned long>(size));
    jpeg_read_header(&info_, TRUE);
    return true;
  }

  /// Fills `pixels`, which has room for height * width * components() bytes; false after an error.
  bool read_rows(std::uint8_t* pixels) {
    if (setjmp(errors_.jump) != 0) return false;
    info_.out_color_space = components() == 4 ? JCS_CMYK : components() == 1 ? JCS_GRAYSCALE : JCS_RGB;
    info_.dct_method = JDCT_ISLOW;
    info_.do_fancy_upsampling = TRUE;
    jpeg_start_decompress(&info_);
    const std::size_t row_bytes = static_cast<std::size_t>(info_.output_width) * info_.output_components;
    while (info_.output_scanline < info_.output_height) {
      JSAMPROW row = pixels + info_.output_scanline * row_bytes;
      jpeg_read_scanlines(&info_, &row, 1);
    }
    jpeg_finish_decompress(&info_);
    return true;
  }

  [[nodiscard]] const char* message() const { return errors_.message; }
  [[nodiscard]] int width() const { return static_cast<int>(info_.image_width); }
  [[nodiscard]] int height() const { return static_cast<int>(info_.image_height); }
  [[nodiscard]] int components() const {
    if (info_.jpeg_color_space == JCS_CMYK || info_.jpeg_color_space == JCS_YCCK) return 4;
    return info_.jpeg_color_space == JCS_GRAYSCALE ? 1 : 3;
  }

 private:
  jpeg_decompress_struct info_{};
  ErrorManager errors_{};
};

/// round(a * b / 255)
std::uint8_t scaled(unsigned a, unsigned b) {
  const unsigned product = a * b + 128;
  return static_cast<std::uint8_t>(((product >> 8) + product) >> 8);
}

void gray_to_rgb(const std::vector<std::uint8_t>& gray, Image& image) {
  for (std::size_t i = 0; i < gray.size(); ++i)
    for (std::size_t channel = 0; channel < 3; ++channel) image.pixels[3 * i + channel] = gray[i];
}

/// Adobe stores the complement: with c = 255 - cmyk[0] and k = 255 - cmyk[3], red = (255 - k) - c * (255 - k) / 255.
void cmyk_to_rgb(const std::vector<std::uint8_t>& cmyk, Image& image) {
  for (std::size_t i = 0; i < cmyk.size() / 4; ++i)
    for (std::size_t channel = 0; channel < 3; ++channel) {
      const unsigned light = cmyk[4 * i + 3];
      image.pixels[3 * i + channel] = static_cast<std::uint8_t>(light - scaled(255u - cmyk[4 * i + channel], light));
    }
}

}  // namespace

Image decode_jpeg(std::span<const std::uint8_t> bytes, const std::string& name) {
  Decompressor decompressor;
  const auto refuse = [&] { fail("'{}' is a truncated or corrupt JPEG file: {}", name, decompressor.message()); };
  if (!decompressor.read_header(bytes.data(), bytes.size())) refuse();
  check_dimensions(decompressor.width(), decompressor.height(), name);

  Image image(decompressor.width(), decompressor.height());
  const int components = decompressor.components();
  if (components == 3) {
    if (!decompressor.read_rows(image.pixels.data())) refuse();
    return image;
  }
  std::vector<std::uint8_t> samples(image.pixels.size() / 3 * static_cast<std::size_t>(components));
  if (!decompressor.read_rows(samples.data())) refuse();
  components == 1 ? gray_to_rgb(samples, image) : cmyk_to_rgb(samples, image);
  return image;
}

}  // namespace evenshift::host

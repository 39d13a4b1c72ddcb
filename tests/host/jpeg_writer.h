#pragma once

#include <cstdio>  // jpeglib.h needs it before

#include <jpeglib.h>

#include <cstdint>
#include <cstdlib>
#include <vector>

namespace evenshift::host {

struct JpegOptions {
  J_COLOR_SPACE color_space = JCS_RGB;  ///< of the samples: JCS_RGB, JCS_GRAYSCALE or JCS_CMYK
  bool subsample = true;                ///< 4:2:0
  bool progressive = false;
  bool ycck = false;
  int quality = 75;
};

/// Encodes interleaved samples, as Pillow would. Test data only: an error ends the program.
inline std::vector<std::uint8_t> jpeg_bytes(const std::vector<std::uint8_t>& samples, int width, int height,
                                            const JpegOptions& options) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &buffer, &size);
  info.image_width = static_cast<JDIMENSION>(width);
  info.image_height = static_cast<JDIMENSION>(height);
  info.in_color_space = options.color_space;
  info.input_components = options.color_space == JCS_CMYK ? 4 : options.color_space == JCS_GRAYSCALE ? 1 : 3;
  jpeg_set_defaults(&info);
  if (options.ycck) jpeg_set_colorspace(&info, JCS_YCCK);
  jpeg_set_quality(&info, options.quality, TRUE);
  if (!options.subsample) info.comp_info[0].h_samp_factor = info.comp_info[0].v_samp_factor = 1;
  if (options.progressive) jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    const std::size_t row_bytes = static_cast<std::size_t>(width) * static_cast<std::size_t>(info.input_components);
    JSAMPROW row = const_cast<JSAMPROW>(samples.data() + info.next_scanline * row_bytes);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::vector<std::uint8_t> bytes(buffer, buffer + size);
  std::free(buffer);
  return bytes;
}

}  // namespace evenshift::host

#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "host/image_decode.h"

namespace evenshift::host {

// One decoder per format behind decode_image(). All throw Error naming `name` for a truncated or corrupt file.

Image decode_jpeg(std::span<const std::uint8_t> bytes, const std::string& name);
Image decode_pnm(std::span<const std::uint8_t> bytes, const std::string& name);

/// PNG or BMP by stb_image, which trusts its input more than one should: check with the two functions below first.
Image decode_by_stb(std::span<const std::uint8_t> bytes, const std::string& name);

/// Every chunk is whole and matches its CRC, from IHDR to IEND.
void check_png(std::span<const std::uint8_t> bytes, const std::string& name);
/// The file holds as many pixels as its header says.
void check_bmp(std::span<const std::uint8_t> bytes, const std::string& name);

/// Throws Error for a side or an area above the limits of image_decode.h, or below 1.
void check_dimensions(std::int64_t width, std::int64_t height, const std::string& name);

}  // namespace evenshift::host

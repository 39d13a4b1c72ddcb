#pragma once

#include "host/image_decode.h"

namespace evenshift::host {

/// Noise-like: channel c of (x, y) is (37 x + 11 y + 101 c + 5 x y) mod 256.
inline Image rough_image(int width, int height) {
  Image image(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int channel = 0; channel < 3; ++channel)
        image.row(y)[3 * x + channel] = static_cast<std::uint8_t>(x * 37 + y * 11 + channel * 101 + x * y * 5);
  return image;
}

/// Ramps: 9 x, 9 y and x y.
inline Image smooth_image(int width, int height) {
  Image image(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      image.row(y)[3 * x] = static_cast<std::uint8_t>(x * 9);
      image.row(y)[3 * x + 1] = static_cast<std::uint8_t>(y * 9);
      image.row(y)[3 * x + 2] = static_cast<std::uint8_t>(x * y);
    }
  return image;
}

/// Order-sensitive sum of all bytes: sum of byte[i] * (i mod 1009 + 1).
inline std::int64_t weighted_sum(const Image& image) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < image.pixels.size(); ++i)
    sum += image.pixels[i] * static_cast<std::int64_t>(i % 1009 + 1);
  return sum;
}

}  // namespace evenshift::host

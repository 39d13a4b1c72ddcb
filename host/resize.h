#pragma once

#include "host/image_decode.h"

namespace evenshift::host {

/// Bilinear with antialiasing, the same integers as Pillow's `Image.resize((width, height), BILINEAR)`.
///
/// For one axis of `in` samples resized to `out`, with s = in / out and f = max(s, 1), output i is centred at
/// c = (i + 0.5) * s and takes the inputs j in [floor(c - f + 0.5), floor(c + f + 0.5)), cut at the borders, with
/// weights
///   w_j = max(0, 1 - |(j - c + 0.5) / f|) / sum,   kept as round(w_j * 2^22);
/// the result is clip((2^21 + sum_j w_j * x_j) >> 22, 0, 255). Rows first, then columns, 8 bits in between; an axis
/// that keeps its size is left alone. Sizes must be at least 1.
Image resize_bilinear(const Image& image, int width, int height);

}  // namespace evenshift::host

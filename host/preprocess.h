#pragma once

#include <filesystem>
#include <string>

#include "host/image_decode.h"
#include "host/sidecar.h"
#include "host/tensor.h"

namespace evenshift::host {

/// One file as the network's input, float32 of shape `sidecar.input_shape`:
/// - `*.npy`, for any sidecar: float32, C order, of exactly that shape, taken as it is;
/// - with `image`: decode_image, then preprocess_image;
/// - with `raw`: exactly input_elements() values, row-major, little-endian; x = (value - zero_point) * scale.
/// The bytes of the result depend on nothing but the file and the sidecar. Throws Error naming the file and the sizes,
/// types or values found and expected (float values must be finite).
FloatTensor preprocess(const Sidecar& sidecar, const std::filesystem::path& path);

/// An image as the network's input, in this order: gray where `channel_order` is gray
/// (L = (19595 R + 38470 G + 7471 B + 32768) >> 16, as Pillow), resize (see resize.h; the longer side becomes
/// floor(long * resize / short)), center crop (from row floor((h - crop_h) / 2), column floor((w - crop_w) / 2)),
/// channel order, x = (pixel * scale - mean[c]) / std[c] in float32, layout.
/// Throws Error naming `name` where the image is smaller than the crop, or differs from the input without one.
FloatTensor preprocess_image(const Sidecar& sidecar, const Image& image, const std::string& name);

}  // namespace evenshift::host

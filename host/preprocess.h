#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>

#include "host/image_decode.h"
#include "host/sidecar.h"
#include "host/tensor.h"

namespace evenshift::host {

/// What befell many inputs, to be told once at the end. May be shared by threads.
struct PreprocessReport {
  std::atomic<std::int64_t> enlarged_images = 0;  ///< were smaller than the center crop
};

/// One file as the network's input, float32 of shape `sidecar.input_shape`:
/// - `*.npy`, for any sidecar: float32, C order, of exactly that shape, taken as it is;
/// - with `image`: decode_image, then preprocess_image;
/// - with `raw`: exactly input_elements() values, row-major, little-endian; x = (value - zero_point) * scale.
/// The bytes of the result depend on nothing but the file and the sidecar. Throws Error naming the file and the sizes,
/// types or values found and expected (float values must be finite).
FloatTensor preprocess(const Sidecar& sidecar, const std::filesystem::path& path, PreprocessReport* report = nullptr);

/// An image as the network's input, in this order:
/// 1. gray where `channel_order` is gray: L = (19595 R + 38470 G + 7471 B + 32768) >> 16, as Pillow;
/// 2. resize (see resize.h); where one side is given, the longer one becomes floor(long * resize / short);
/// 3. enlarge, where the image is now smaller than the center crop: to the least size of the same proportions that
///    covers it (one side equal, the other rounded down); counted in `report`;
/// 4. center crop, from row floor((h - crop_h) / 2) and column floor((w - crop_w) / 2) on;
/// 5. channel order, x = (pixel * scale - mean[c]) / std[c] in float32, layout.
/// Throws Error naming `name` and the sizes where the image, without a center crop, differs from the input.
FloatTensor preprocess_image(const Sidecar& sidecar, const Image& image, const std::string& name,
                             PreprocessReport* report = nullptr);

}  // namespace evenshift::host

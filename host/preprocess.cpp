#include "host/preprocess.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "arch/base/atomic_file.h"
#include "arch/base/check.h"
#include "arch/base/error.h"
#include "host/image_formats.h"
#include "host/npy.h"
#include "host/resize.h"

namespace evenshift::host {
namespace {

void refuse_not_finite(const std::vector<float>& values, const std::string& name) {
  const auto found = std::ranges::find_if_not(values, [](float value) { return std::isfinite(value); });
  if (found != values.end()) fail("'{}': value {} is {}; inputs must be finite", name, found - values.begin(), *found);
}

FloatTensor from_npy(const Sidecar& sidecar, const std::filesystem::path& path) {
  const NpyArray array = read_npy(path);
  if (array.type != NpyType::kFloat32 || array.shape != sidecar.input_shape)
    fail("'{}' holds {} of shape ({}); the input is float32 of shape ({})", path.string(), npy_type_name(array.type),
         fmt::join(array.shape, ", "), fmt::join(sidecar.input_shape, ", "));
  FloatTensor tensor{array.shape, array.values<float>()};
  refuse_not_finite(tensor.values, path.string());
  return tensor;
}

float raw_value(RawType type, const std::uint8_t* bytes) {
  switch (type) {
    case RawType::kInt8:
      return std::bit_cast<std::int8_t>(*bytes);
    case RawType::kUint8:
      return *bytes;
    case RawType::kFloat32:
      break;
  }
  std::uint32_t bits = 0;
  for (int i = 0; i < 4; ++i) bits |= std::uint32_t{bytes[i]} << (8 * i);
  return std::bit_cast<float>(bits);
}

FloatTensor from_raw(const Sidecar& sidecar, const std::filesystem::path& path) {
  const RawRecipe& recipe = *sidecar.raw;
  const std::vector<std::uint8_t> bytes = read_file(path);
  const std::size_t value_bytes = recipe.type == RawType::kFloat32 ? 4 : 1;
  const auto elements = static_cast<std::size_t>(sidecar.input_elements());
  if (bytes.size() != elements * value_bytes)
    fail("'{}' has {} bytes; the input of shape ({}) is {} bytes", path.string(), bytes.size(),
         fmt::join(sidecar.input_shape, ", "), elements * value_bytes);
  const auto zero_point = static_cast<float>(recipe.zero_point);
  const auto scale = static_cast<float>(recipe.scale);
  FloatTensor tensor{sidecar.input_shape, std::vector<float>(elements)};
  for (std::size_t i = 0; i < elements; ++i)
    tensor.values[i] = (raw_value(recipe.type, &bytes[i * value_bytes]) - zero_point) * scale;
  refuse_not_finite(tensor.values, path.string());
  return tensor;
}

void make_gray(Image& image) {
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
    std::uint8_t* pixel = &image.pixels[i];
    const auto luminance =
        static_cast<std::uint8_t>((19595 * pixel[0] + 38470 * pixel[1] + 7471 * pixel[2] + 32768) >> 16);
    std::fill_n(pixel, 3, luminance);
  }
}

Image resized(const Image& image, ImageSize size, const std::string& name) {
  check_dimensions(size.width, size.height, name);
  return resize_bilinear(image, size.width, size.height);
}

/// The size that `resize` asks for; the image's own where there is none.
ImageSize resized_size(const ImageRecipe& recipe, const Image& image) {
  if (recipe.resize) return *recipe.resize;
  if (!recipe.resize_shorter_side) return {image.height, image.width};
  const int side = *recipe.resize_shorter_side;
  const int shorter = std::min(image.height, image.width);
  const auto scaled = [&](int length) { return static_cast<int>(std::int64_t{length} * side / shorter); };
  return {scaled(image.height), scaled(image.width)};
}

/// The least size of the image's proportions that covers `crop`.
ImageSize covering_size(ImageSize crop, const Image& image) {
  const std::int64_t height_ratio = std::int64_t{crop.height} * image.width;  // crop_h / h against crop_w / w
  const std::int64_t width_ratio = std::int64_t{crop.width} * image.height;
  if (height_ratio >= width_ratio) return {crop.height, static_cast<int>(height_ratio / image.height)};
  return {static_cast<int>(width_ratio / image.width), crop.width};
}

/// Steps 1 to 3 of preprocess_image.
Image fitted(const Sidecar& sidecar, Image image, const std::string& name, PreprocessReport* report) {
  const ImageRecipe& recipe = *sidecar.image;
  const ImageSize input = sidecar.image_size();
  if (recipe.channel_order == ChannelOrder::kGray) make_gray(image);
  image = resized(image, resized_size(recipe, image), name);
  if (image.height == input.height && image.width == input.width) return image;
  if (!recipe.center_crop)
    fail(
        "'{}' has {} x {} pixels, the input {} x {} (height x width); the sidecar's 'image.resize' or "
        "'image.center_crop' would fit it",
        name, image.height, image.width, input.height, input.width);
  if (image.height < input.height || image.width < input.width) {
    image = resized(image, covering_size(input, image), name);
    if (report) ++report->enlarged_images;
  }
  return image;
}

using ValueTable = std::array<float, 256>;

/// table[channel][pixel], by the formula of ImageRecipe
std::vector<ValueTable> value_tables(const ImageRecipe& recipe, int channels) {
  std::vector<ValueTable> tables(static_cast<std::size_t>(channels));
  const auto scale = static_cast<float>(recipe.scale);
  for (std::size_t channel = 0; channel < tables.size(); ++channel) {
    const auto mean = static_cast<float>(recipe.mean[channel]);
    const auto deviation = static_cast<float>(recipe.std[channel]);
    for (std::size_t pixel = 0; pixel < 256; ++pixel)
      tables[channel][pixel] = (static_cast<float>(pixel) * scale - mean) / deviation;
  }
  return tables;
}

}  // namespace

FloatTensor preprocess(const Sidecar& sidecar, const std::filesystem::path& path, PreprocessReport* report) {
  if (path.extension() == ".npy") return from_npy(sidecar, path);
  if (sidecar.raw) return from_raw(sidecar, path);
  return preprocess_image(sidecar, decode_image(path), path.string(), report);
}

FloatTensor preprocess_image(const Sidecar& sidecar, const Image& original, const std::string& name,
                             PreprocessReport* report) {
  check(sidecar.image.has_value(), "preprocess_image: the sidecar is not for images");
  const ImageRecipe& recipe = *sidecar.image;
  const Image image = fitted(sidecar, original, name, report);
  const ImageSize input = sidecar.image_size();
  const ImageSize offset = {(image.height - input.height) / 2, (image.width - input.width) / 2};
  const int channels = sidecar.image_channels();
  const auto tables = value_tables(recipe, channels);
  FloatTensor tensor{sidecar.input_shape, std::vector<float>(static_cast<std::size_t>(sidecar.input_elements()))};
  const bool planar = recipe.layout == TensorLayout::kNchw;
  const std::int64_t plane = std::int64_t{input.height} * input.width;
  for (int channel = 0; channel < channels; ++channel) {
    const int source = recipe.channel_order == ChannelOrder::kBgr ? 2 - channel : channel;
    const ValueTable& table = tables[static_cast<std::size_t>(channel)];
    float* out = tensor.values.data() + (planar ? channel * plane : channel);
    for (int y = 0; y < input.height; ++y) {
      const std::uint8_t* row = image.row(offset.height + y) + 3 * offset.width + source;
      for (int x = 0; x < input.width; ++x, out += planar ? 1 : channels) *out = table[row[3 * x]];
    }
  }
  return tensor;
}

}  // namespace evenshift::host

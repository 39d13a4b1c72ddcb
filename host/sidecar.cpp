#include "host/sidecar.h"

#include "arch/base/atomic_file.h"
#include "arch/base/check.h"
#include "arch/base/error.h"
#include "host/sidecar_parse.h"

namespace evenshift::host {
namespace {

constexpr std::string_view kMinimalSidecar = R"(
  input_shape: [1, 3, 224, 224]   # NCHW, float32
  image:
    center_crop: 224
    channel_order: rgb            # rgb, bgr or gray
    mean: [127.5, 127.5, 127.5]   # x = (pixel - mean) / std, pixel 0..255
    std: [127.5, 127.5, 127.5]
  labels:
    column: class1000             # column of labels.csv
    offset: 0                     # output index = label + offset
or, for inputs that are no images, instead of 'image':
  raw:                            # one file is one input, row-major
    type: int8                    # int8, uint8 or float32
    zero_point: 0
    scale: 0.5                    # x = (value - zero_point) * scale
)";

}  // namespace

std::int64_t Sidecar::input_elements() const {
  std::int64_t elements = 1;
  for (const std::int64_t size : input_shape) elements *= size;
  return elements;
}

ImageSize Sidecar::image_size() const {
  check(image.has_value() && input_shape.size() == 4, "image_size() of a sidecar that is not for images");
  const std::size_t height_axis = image->layout == TensorLayout::kNchw ? 2 : 1;
  return {static_cast<int>(input_shape[height_axis]), static_cast<int>(input_shape[height_axis + 1])};
}

int Sidecar::image_channels() const {
  check(image.has_value() && input_shape.size() == 4, "image_channels() of a sidecar that is not for images");
  return static_cast<int>(input_shape[image->layout == TensorLayout::kNchw ? 1 : 3]);
}

std::string_view Sidecar::output_name(std::int64_t output_index) const {
  const std::int64_t label = output_index - (labels ? labels->offset : 0);
  if (label < 0 || label >= static_cast<std::int64_t>(class_names.size())) return {};
  return class_names[static_cast<std::size_t>(label)];
}

std::filesystem::path sidecar_path(const std::filesystem::path& model) {
  return std::filesystem::path(model).replace_extension(".yaml");
}

Sidecar read_sidecar(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored))
    fail("'{}' is missing: the sidecar beside the model says how files become its input. The least it holds:{}",
         path.string(), kMinimalSidecar);
  return parse_sidecar(read_text_file(path), path.string(), path.parent_path());
}

Sidecar parse_sidecar(const std::string& text, const std::string& name, const std::filesystem::path& folder) {
  return sidecar_from_document(document_from_yaml(text, name), name, folder);
}

}  // namespace evenshift::host

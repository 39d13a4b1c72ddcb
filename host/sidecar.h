#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evenshift::host {

enum class ChannelOrder { kRgb, kBgr, kGray };
enum class TensorLayout { kNchw, kNhwc };
enum class RawType { kInt8, kUint8, kFloat32 };

struct ImageSize {
  int height = 0;
  int width = 0;
  bool operator==(const ImageSize&) const = default;
};

/// How an image file becomes the input tensor: decode to 8-bit RGB, resize, crop, reorder, then
///   x = (pixel * scale - mean[c]) / std[c],   pixel 0..255, c counted in `channel_order`, float32 arithmetic.
struct ImageRecipe {
  std::optional<int> resize_shorter_side;  ///< pixels; the longer side follows, rounded down
  std::optional<ImageSize> resize;         ///< both sides; excludes resize_shorter_side
  std::optional<ImageSize> center_crop;    ///< equals the input's height and width
  ChannelOrder channel_order = ChannelOrder::kRgb;
  std::vector<double> mean;  ///< one per channel
  std::vector<double> std;   ///< one per channel, not zero
  double scale = 1.0;
  TensorLayout layout = TensorLayout::kNchw;  ///< order of `input_shape` and of the values given to the network
  bool operator==(const ImageRecipe&) const = default;
};

/// One file is one input, row-major, little-endian: x = (value - zero_point) * scale, float32 arithmetic.
struct RawRecipe {
  RawType type = RawType::kInt8;
  std::int32_t zero_point = 0;
  double scale = 1.0;
  bool operator==(const RawRecipe&) const = default;
};

/// Where a label is found in `labels.csv` and which output it means: output index = label + offset.
struct LabelRecipe {
  std::string column;
  int offset = 0;
  bool operator==(const LabelRecipe&) const = default;
};

/// MODEL.yaml, which lies beside MODEL.onnx: how the network wants its input and how its outputs are numbered.
/// Exactly one of `image` and `raw` is set.
struct Sidecar {
  std::vector<std::int64_t> input_shape;  ///< rank 2 to 4, the first is 1; [1,C,H,W] or [1,H,W,C] with `image`
  std::optional<ImageRecipe> image;
  std::optional<RawRecipe> raw;
  std::optional<LabelRecipe> labels;
  std::vector<std::string> class_names;  ///< name of label i; may be empty

  [[nodiscard]] std::int64_t input_elements() const;
  /// Height, width and channels of the input; only with `image`.
  [[nodiscard]] ImageSize image_size() const;
  [[nodiscard]] int image_channels() const;
  /// The name of an output (output index = label + labels.offset), or "" where there is none.
  [[nodiscard]] std::string_view output_name(std::int64_t output_index) const;
  bool operator==(const Sidecar&) const = default;
};

/// `MODEL.onnx` -> `MODEL.yaml` in the same folder.
std::filesystem::path sidecar_path(const std::filesystem::path& model);

/// Reads a sidecar; `class_names` given as a path is relative to the sidecar, one name a line. Throws one Error that
/// lists every fault as `file:line: ...`, with the accepted keys or values; where the file is missing, the Error names
/// it and shows the least that it must hold.
Sidecar read_sidecar(const std::filesystem::path& path);

/// The same from text; `name` stands for the file in messages, `folder` is where `class_names` is looked up.
Sidecar parse_sidecar(const std::string& text, const std::string& name, const std::filesystem::path& folder);

/// The sidecar with the keys of the YAML file (`class_names` as a list), as the compiled image embeds it.
nlohmann::json to_json(const Sidecar& sidecar);

/// The reverse of `to_json`, checked like the YAML file. Throws Error naming `name` and every faulty key.
Sidecar sidecar_from_json(const nlohmann::json& json, const std::string& name = "the embedded sidecar");

}  // namespace evenshift::host

#include "compiler/import/nearest.h"

#include <algorithm>
#include <cmath>

namespace evenshift::compiler::importer {
namespace {

struct Scaling {
  std::int64_t input = 1, output = 1;
  float scale = 1;

  /// i / scale: exact where the scale is output / input, however rounded; otherwise in float, as the scale is.
  [[nodiscard]] double divided(double i) const {
    const auto in = static_cast<double>(input), out = static_cast<double>(output);
    if (static_cast<float>(out / in) == scale) return i * in / out;
    return static_cast<double>(static_cast<float>(i) / scale);
  }
};

/// Position in the input of output index i: the formulas of ONNX's Resize.
double original_position(const std::string& mode, const Scaling& s, double i) {
  const auto in = static_cast<double>(s.input), out = static_cast<double>(s.output);
  if (mode == "asymmetric") return s.divided(i);
  if (mode == "align_corners") return s.output == 1 ? 0 : i * (in - 1) / (out - 1);
  if (mode == "pytorch_half_pixel" && s.output == 1) return 0;
  if (mode == "tf_half_pixel_for_nn") return s.divided(i + 0.5);
  if (mode == "half_pixel_symmetric") {
    const double adjustment = out / (in * static_cast<double>(s.scale));
    return in / 2 * (1 - adjustment) + s.divided(i + 0.5) - 0.5;
  }
  return s.divided(i + 0.5) - 0.5;
}

double round_position(const std::string& mode, double position) {
  if (mode == "floor") return std::floor(position);
  if (mode == "ceil") return std::ceil(position);
  if (mode == "round_prefer_ceil") return std::floor(position + 0.5);
  return std::ceil(position - 0.5);
}

std::vector<std::int64_t> index_map(const std::string& coordinates, const std::string& rounding, const Scaling& s) {
  std::vector<std::int64_t> map;
  for (std::int64_t i = 0; i < s.output; ++i) {
    const double position = round_position(rounding, original_position(coordinates, s, static_cast<double>(i)));
    map.push_back(static_cast<std::int64_t>(std::clamp(position, 0.0, static_cast<double>(s.input - 1))));
  }
  return map;
}

Scaling scaled(const NodeImport& node, std::int64_t input, float scale) {
  node.expect(std::isfinite(scale) && scale > 0, "a scale of {} is not above 0", scale);
  const float output = std::floor(static_cast<float>(input) * scale);
  node.expect(output >= 1 && output <= 1 << 16, "it makes an axis of {} elements", output);
  return {input, static_cast<std::int64_t>(output), scale};
}

Scaling sized(const NodeImport& node, std::int64_t input, std::int64_t output) {
  node.expect(output >= 1 && output <= 1 << 16, "it makes an axis of {} elements", output);
  return {input, output, static_cast<float>(static_cast<double>(output) / static_cast<double>(input))};
}

std::vector<Scaling> by_scales(const NodeImport& node, const Dimensions& from, const std::vector<std::size_t>& axes,
                               const TensorData& scales) {
  node.expect(scales.elements() == static_cast<std::int64_t>(axes.size()), "it has {} scales where {} are needed",
              scales.elements(), axes.size());
  std::vector<Scaling> result;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto scale = static_cast<float>(scales.number(static_cast<std::int64_t>(i)));
    result.push_back(scale == 1 ? Scaling{from[axes[i]], from[axes[i]], 1} : scaled(node, from[axes[i]], scale));
  }
  return result;
}

std::vector<std::size_t> resized_axes(const NodeImport& node, std::size_t rank) {
  std::vector<std::size_t> axes;
  for (const std::int64_t axis : node.integers("axes")) axes.push_back(node.axis(axis, rank));
  if (axes.empty())
    for (std::size_t i = 0; i < rank; ++i) axes.push_back(i);
  return axes;
}

std::vector<Scaling> read_scalings(const NodeImport& node, const Dimensions& from,
                                   const std::vector<std::size_t>& axes) {
  const std::size_t scales_at = node.opset() >= 11 ? 2 : 1;
  if (node.has_input(scales_at)) {
    const TensorData& scales = node.constant(scales_at, Constraint::resize_constant);
    if (scales.elements() > 0) return by_scales(node, from, axes, scales);
  }
  node.expect(node.has_input(3), "it has neither scales nor sizes");
  node.require(node.text("keep_aspect_ratio_policy", "stretch") == "stretch", Constraint::resize_stretch);
  const std::vector<std::int64_t> sizes = node.constant_integers(3, Constraint::resize_constant);
  node.expect(sizes.size() == axes.size(), "it has {} sizes where {} are needed", sizes.size(), axes.size());
  std::vector<Scaling> result;
  for (std::size_t i = 0; i < axes.size(); ++i) result.push_back(sized(node, from[axes[i]], sizes[i]));
  return result;
}

}  // namespace

std::vector<AxisSlice> nearest_maps(const NodeImport& node, const Dimensions& from) {
  const std::vector<std::size_t> axes = resized_axes(node, from.size());
  const std::vector<Scaling> scalings = read_scalings(node, from, axes);
  const std::string mode = node.text("mode", "nearest");
  const std::string coordinates =
      node.opset() >= 11 ? node.text("coordinate_transformation_mode", "half_pixel") : std::string("asymmetric");
  node.require(coordinates != "tf_crop_and_resize", Constraint::resize_crop);
  std::vector<AxisSlice> maps;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const Scaling& s = scalings[i];
    if (s.output == s.input && s.scale == 1) continue;
    // Of a single pixel every mode makes copies.
    node.require(mode == "nearest" || s.input == 1, Constraint::resize_nearest);
    // Opset 10 names no rounding: its published examples round down when enlarging and up when reducing.
    const std::string rounding = node.opset() >= 11 ? node.text("nearest_mode", "round_prefer_floor")
                                 : s.scale < 1      ? std::string("ceil")
                                                    : std::string("floor");
    maps.push_back({axes[i], index_map(coordinates, rounding, s)});
  }
  return maps;
}

std::vector<AxisSlice> upsample_maps(const NodeImport& node, const Dimensions& from) {
  node.require(node.opset() <= 9, Constraint::upsample_opset);
  std::vector<std::size_t> axes;
  for (std::size_t i = 0; i < from.size(); ++i) axes.push_back(i);
  TensorData scales;
  if (node.opset() >= 9) {
    scales = node.constant(1, Constraint::resize_constant);
  } else {
    const Attribute* attribute = node.attribute("scales");
    const auto* numbers = attribute == nullptr ? nullptr : std::get_if<std::vector<float>>(attribute);
    node.expect(numbers != nullptr, "attribute 'scales' is missing");
    scales.reals = *numbers;
  }
  const std::string mode = node.text("mode", "nearest");
  const std::vector<Scaling> scalings = by_scales(node, from, axes, scales);
  std::vector<AxisSlice> maps;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (scalings[i].scale == 1) continue;
    node.require(mode == "nearest" || scalings[i].input == 1, Constraint::resize_nearest);
    maps.push_back({axes[i], index_map("asymmetric", "floor", scalings[i])});
  }
  return maps;
}

}  // namespace evenshift::compiler::importer

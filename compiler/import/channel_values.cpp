#include "compiler/import/channel_values.h"

#include <algorithm>

namespace evenshift::compiler::importer {
namespace {

/// One axis of the walk over a constant: how far the channel moves with each index.
struct WalkAxis {
  std::vector<std::int64_t> channels;
  std::int64_t constant_stride = 0;  ///< 0 where the constant is broadcast
};

std::optional<WalkAxis> walk_axis(const std::vector<Factor>& factors, std::int64_t constant_extent,
                                  std::int64_t pixels) {
  WalkAxis axis;
  const bool in_channels = std::ranges::all_of(factors, [&](const Factor& f) { return f.stride % pixels == 0; });
  const bool in_space = std::ranges::all_of(factors, [&](const Factor& f) { return f.stride * f.size <= pixels; });
  if (in_channels) {
    axis.channels = axis_offsets(factors);
    for (std::int64_t& channel : axis.channels) channel /= pixels;
  } else if (in_space) {
    axis.channels.assign(static_cast<std::size_t>(constant_extent), 0);
  } else {
    return std::nullopt;
  }
  return axis;
}

}  // namespace

std::optional<std::vector<double>> channel_values(const TensorView& view, const Shape& shape,
                                                  const TensorData& constant) {
  const auto channels = static_cast<std::size_t>(shape.channels);
  if (constant.elements() == 0) return std::nullopt;
  const std::size_t rank = view.rank();
  if (constant.dimensions.size() > rank) return std::nullopt;
  const std::size_t missing = rank - constant.dimensions.size();
  bool uniform = true;
  for (std::int64_t i = 1; i < constant.elements() && uniform; ++i) uniform = constant.number(i) == constant.number(0);
  std::vector<WalkAxis> axes(rank);
  std::int64_t stride = 1;
  for (std::size_t i = rank; i-- > 0;) {
    const std::int64_t extent = i < missing ? 1 : constant.dimensions[i - missing];
    if (extent != 1 && extent != view.dimensions[i]) return std::nullopt;
    if (uniform) continue;
    auto axis = walk_axis(view.axes[i], extent, shape.height * shape.width);
    if (!axis) return std::nullopt;
    axes[i] = std::move(*axis);
    axes[i].constant_stride = extent == 1 ? 0 : stride;
    stride *= extent;
  }
  if (uniform) return std::vector<double>(channels, constant.number(0));
  std::vector<std::optional<double>> values(channels);
  std::vector<std::size_t> index(rank, 0);
  for (bool more = true; more;) {
    std::int64_t channel = 0, element = 0;
    for (std::size_t i = 0; i < rank; ++i) {
      channel += axes[i].channels[index[i]];
      element += static_cast<std::int64_t>(index[i]) * axes[i].constant_stride;
    }
    auto& value = values.at(static_cast<std::size_t>(channel));
    const double number = constant.number(element);
    if (value && *value != number) return std::nullopt;
    value = number;
    more = false;
    for (std::size_t i = rank; i-- > 0 && !more;) {
      more = ++index[i] < axes[i].channels.size();
      if (!more) index[i] = 0;
    }
  }
  std::vector<double> result;
  for (const auto& value : values) {
    if (!value) return std::nullopt;
    result.push_back(*value);
  }
  return result;
}

std::vector<double> broadcast_constant(NodeImport& node, TensorView& view, const TensorData& constant,
                                       Constraint otherwise) {
  if (constant.dimensions.size() > view.rank()) {
    Dimensions longer(constant.dimensions.size() - view.rank(), 1);
    longer.insert(longer.end(), view.dimensions.begin(), view.dimensions.end());
    const auto wider = reshaped(view, longer);
    node.require(wider.has_value(), otherwise);
    view = *wider;
  }
  if (auto values = channel_values(view, node.shape_of(view), constant)) return *values;
  if (is_plain(view)) {
    // In (c, y, x) order, so that it can be read as a vector, or as the image that its axes say.
    const std::int64_t elements = node.shape_of(view).elements();
    const bool is_vector = view.rank() <= 2;
    const Dimensions& d = view.dimensions;
    node.require(is_vector || (view.rank() <= 4 && d[0] == 1), otherwise);
    TensorView plain = plain_view(view.value, d);
    plain.value = is_vector ? node.reshape_value(view.value, {elements, 1, 1}, d) : node.image(view).value;
    if (auto values = channel_values(plain, node.shape_of(plain), constant)) {
      view = plain;
      return *values;
    }
  }
  node.unsupported(otherwise);
}

}  // namespace evenshift::compiler::importer

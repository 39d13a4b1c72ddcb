#include <algorithm>
#include <cmath>
#include <numeric>

#include "compiler/import/nearest.h"
#include "compiler/import/operators.h"
#include "compiler/import/reshape_target.h"

namespace evenshift::compiler::importer {
namespace {

/// A view whose axes are channels, rows and columns of its value, and which axis is which.
struct RoledView {
  TensorView view;
  std::vector<Role> roles;
};

RoledView with_roles(NodeImport& node) {
  TensorView view = node.view(0);
  if (auto roles = axis_roles(view, node.shape_of(view))) return {view, *roles};
  const Dimensions dimensions = view.dimensions;
  view = plain_view(node.image(view).value, dimensions);
  auto roles = axis_roles(view, node.shape_of(view));
  node.require(roles.has_value(), Constraint::layout);
  return {view, *roles};
}

std::vector<std::int64_t> identity_map(std::int64_t size) {
  std::vector<std::int64_t> map(static_cast<std::size_t>(size));
  std::iota(map.begin(), map.end(), std::int64_t{0});
  return map;
}

bool is_identity(const std::vector<std::int64_t>& map, std::int64_t size) { return map == identity_map(size); }

enum class Picks : std::uint8_t { space, space_and_channels };

/// The view with indices of some axes picked: of rows and columns, and of channels where `picks` allows them.
TensorView pick(NodeImport& node, const RoledView& input, const std::vector<AxisSlice>& slices, Picks picks,
                Constraint otherwise, const std::string& suffix = "") {
  const Shape shape = node.shape_of(input.view);
  Resize resize{identity_map(shape.height), identity_map(shape.width)};
  TensorView result = input.view;
  const std::vector<std::int64_t>* channels = nullptr;
  for (const AxisSlice& slice : slices) {
    if (is_identity(slice.indices, input.view.dimensions[slice.axis])) continue;
    const bool is_batch = slice.axis == 0 && input.view.dimensions[0] == 1 && input.view.rank() > 1;
    const bool is_channel = input.roles[slice.axis] == Role::channel;
    node.require(!is_batch && !(is_channel && picks == Picks::space), otherwise);
    node.expect(!slice.indices.empty(), "it leaves nothing of axis {}", slice.axis);
    if (is_channel)
      channels = &slice.indices;
    else
      (input.roles[slice.axis] == Role::height ? resize.rows : resize.columns) = slice.indices;
    result.dimensions[slice.axis] = static_cast<std::int64_t>(slice.indices.size());
  }
  Image image{input.view.value, shape};
  if (!is_identity(resize.rows, shape.height) || !is_identity(resize.columns, shape.width)) {
    image.shape.height = static_cast<std::int64_t>(resize.rows.size());
    image.shape.width = static_cast<std::int64_t>(resize.columns.size());
    image.value = node.emit(std::move(resize), {image.value}, image.shape, result.dimensions,
                            channels == nullptr ? suffix : suffix + "/space");
  }
  if (channels != nullptr) image = node.select_channels(image, *channels, result.dimensions, otherwise, suffix);
  result.value = image.value;
  if (image.shape != shape) result.axes = view_axes(result.dimensions, input.roles, image.shape);
  return result;
}

/// How many elements of the axis each output of a Split takes.
std::vector<std::int64_t> split_sizes(const NodeImport& node, std::int64_t size) {
  std::vector<std::int64_t> sizes = node.integers("split");
  if (node.has_input(1)) sizes = node.constant_integers(1, Constraint::slice_constant);
  const auto outputs = static_cast<std::int64_t>(node.node().outputs.size());
  if (sizes.empty()) {
    const std::int64_t part = (size + outputs - 1) / outputs;
    for (std::int64_t i = 0; i < outputs; ++i) sizes.push_back(std::min(part, size - i * part));
  }
  std::int64_t total = 0;
  for (const std::int64_t part : sizes) {
    node.expect(part > 0 && part <= size, "it splits {} off an axis of {}", part, size);
    total += part;
  }
  node.expect(static_cast<std::int64_t>(sizes.size()) == outputs && total == size,
              "its parts do not make up an axis of {}", size);
  return sizes;
}

struct PadAmounts {
  std::int64_t before = 0, after = 0;
};

std::vector<PadAmounts> read_pads(const NodeImport& node, std::size_t rank) {
  std::vector<std::int64_t> pads = node.integers("pads");
  std::vector<std::int64_t> axes(rank);
  std::iota(axes.begin(), axes.end(), std::int64_t{0});
  if (node.opset() >= 11) {
    pads = node.constant_integers(1, Constraint::pad_constant);
    if (node.has_input(3)) axes = node.constant_integers(3, Constraint::pad_constant);
  }
  node.expect(pads.size() == 2 * axes.size(), "it has {} pads where {} are needed", pads.size(), 2 * axes.size());
  std::vector<PadAmounts> amounts(rank);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const PadAmounts amount{pads[i], pads[i + axes.size()]};
    for (const std::int64_t pad : {amount.before, amount.after})
      node.expect(pad >= -kMaxElements && pad <= 1 << 16, "a pad of {} is not below {}", pad, 1 << 16);
    amounts[node.axis(axes[i], rank)] = amount;
  }
  return amounts;
}

/// Indices of a padded axis where the pad repeats what is inside.
std::vector<std::int64_t> padded_indices(const NodeImport& node, const std::string& mode, std::int64_t size,
                                         const PadAmounts& amount) {
  std::vector<std::int64_t> indices;
  for (std::int64_t i = -amount.before; i < size + amount.after; ++i) {
    if (mode == "edge") {
      indices.push_back(std::clamp<std::int64_t>(i, 0, size - 1));
    } else if (mode == "wrap") {
      indices.push_back(((i % size) + size) % size);
    } else {
      const std::int64_t mirrored = i < 0 ? -i : i >= size ? 2 * (size - 1) - i : i;
      node.expect(mirrored >= 0 && mirrored < size, "it reflects {} elements of an axis of {}",
                  std::max(amount.before, amount.after), size);
      indices.push_back(mirrored);
    }
  }
  return indices;
}

}  // namespace

std::vector<std::vector<Factor>> view_axes(const Dimensions& dimensions, const std::vector<Role>& roles,
                                           const Shape& shape) {
  std::vector<std::vector<Factor>> axes(dimensions.size());
  for (std::size_t i = 0; i < dimensions.size(); ++i) {
    const std::int64_t strides[] = {shape.height * shape.width, shape.width, 1};
    if (dimensions[i] > 1) axes[i] = {{dimensions[i], strides[static_cast<std::size_t>(roles[i])]}};
  }
  return axes;
}

void import_pad(NodeImport& node) {
  const RoledView input = with_roles(node);
  const std::string mode = node.text("mode", "constant");
  node.require(mode == "constant" || mode == "edge" || mode == "reflect" || mode == "wrap", Constraint::pad_mode);
  double value = node.number("value", 0);
  if (node.opset() >= 11) value = node.has_input(2) ? node.scalar(2, Constraint::pad_constant) : 0;
  const std::vector<PadAmounts> amounts = read_pads(node, input.view.rank());
  // What a negative pad takes away is a slice; what a mode repeats is one too.
  std::vector<AxisSlice> slices;
  for (std::size_t i = 0; i < amounts.size(); ++i) {
    PadAmounts part = amounts[i];
    const std::int64_t size = input.view.dimensions[i];
    node.expect(size + std::min<std::int64_t>(part.before, 0) + std::min<std::int64_t>(part.after, 0) > 0,
                "it leaves nothing of axis {}", i);
    if (mode == "constant") part = {std::min<std::int64_t>(part.before, 0), std::min<std::int64_t>(part.after, 0)};
    if (part.before != 0 || part.after != 0) slices.push_back({i, padded_indices(node, mode, size, part)});
  }
  bool grows = false;
  for (const PadAmounts& amount : amounts) grows |= amount.before > 0 || amount.after > 0;
  grows &= mode == "constant";
  TensorView result = pick(node, input, slices, Picks::space, Constraint::pad_space, grows ? "/cropped" : "");
  if (grows) {
    Pad pad;
    pad.value = value;
    for (std::size_t i = 0; i < amounts.size(); ++i) {
      const std::int64_t before = std::max<std::int64_t>(amounts[i].before, 0);
      const std::int64_t after = std::max<std::int64_t>(amounts[i].after, 0);
      if (before == 0 && after == 0) continue;
      const bool is_batch = i == 0 && result.rank() > 1 && result.dimensions[0] == 1;
      node.require(!is_batch && input.roles[i] != Role::channel, Constraint::pad_space);
      const bool rows = input.roles[i] == Role::height;
      (rows ? pad.top : pad.left) = before;
      (rows ? pad.bottom : pad.right) = after;
      result.dimensions[i] += before + after;
    }
    Shape shape = node.shape_of(result);
    shape.height += pad.top + pad.bottom;
    shape.width += pad.left + pad.right;
    result.value = node.emit(pad, {result.value}, shape, result.dimensions);
    result.axes = view_axes(result.dimensions, input.roles, shape);
  }
  node.output(result);
}

void import_slice(NodeImport& node) {
  const RoledView input = with_roles(node);
  node.output(
      pick(node, input, read_slices(node, input.view.dimensions), Picks::space_and_channels, Constraint::slice_space));
}

void import_split(NodeImport& node) {
  const RoledView input = with_roles(node);
  const std::size_t axis = node.axis(node.integer("axis", 0), input.view.rank());
  std::int64_t first = 0;
  const std::vector<std::int64_t> sizes = split_sizes(node, input.view.dimensions[axis]);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    AxisSlice slice{axis, std::vector<std::int64_t>(static_cast<std::size_t>(sizes[i]))};
    std::iota(slice.indices.begin(), slice.indices.end(), first);
    first += sizes[i];
    if (node.node().outputs[i].empty()) continue;
    node.output(pick(node, input, {slice}, Picks::space_and_channels, Constraint::slice_space, fmt::format("/{}", i)),
                i);
  }
}

void import_resize(NodeImport& node) {
  const RoledView input = with_roles(node);
  node.output(pick(node, input, nearest_maps(node, input.view.dimensions), Picks::space, Constraint::resize_space));
}

void import_upsample(NodeImport& node) {
  const RoledView input = with_roles(node);
  node.output(pick(node, input, upsample_maps(node, input.view.dimensions), Picks::space, Constraint::resize_space));
}

}  // namespace evenshift::compiler::importer

#include <algorithm>

#include "compiler/import/operators.h"
#include "compiler/import/window_attributes.h"

namespace evenshift::compiler::importer {
namespace {

Dimensions output_dimensions(const Shape& shape, std::size_t rank) {
  if (rank == 3) return {1, shape.channels, shape.width};
  return {1, shape.channels, shape.height, shape.width};
}

void output_pool(NodeImport& node, Operator op, const Image& input, const Window& window, std::size_t rank) {
  const Shape shape = window_output(input.shape, window);
  const Dimensions dimensions = output_dimensions(shape, rank);
  node.output(plain_view(node.emit(std::move(op), {input.value}, shape, dimensions), dimensions));
}

Image pool_input(NodeImport& node) {
  const TensorView& view = node.view(0);
  node.require(view.rank() == 3 || view.rank() == 4, Constraint::image_rank);
  return node.image(view);
}

/// Every window has a tap inside the input.
void expect_taps_inside(const NodeImport& node, const Shape& input, const Window& w) {
  const auto inside = [](std::int64_t size, std::int64_t kernel, std::int64_t stride, std::int64_t dilation,
                         std::int64_t before, std::int64_t windows) {
    for (std::int64_t i = 0; i < windows; ++i) {
      const std::int64_t start = i * stride - before;
      const std::int64_t first_tap = start >= 0 ? 0 : (-start + dilation - 1) / dilation;
      if (first_tap >= kernel || start + first_tap * dilation >= size) return false;
    }
    return true;
  };
  const Shape output = window_output(input, w);
  node.expect(inside(input.height, w.kernel_height, w.stride_height, w.dilation_height, w.pad_top, output.height) &&
                  inside(input.width, w.kernel_width, w.stride_width, w.dilation_width, w.pad_left, output.width),
              "a window lies wholly in the padding; pads have to be smaller than the kernel");
}

/// The pads of `window` without what a ceil_mode added at the bottom and on the right.
Pad read_pads_alone(const NodeImport& node, const Window& window) {
  Pad pad{window.pad_top, window.pad_left, window.pad_bottom, window.pad_right, 0};
  const std::vector<std::int64_t> pads = node.integers("pads");
  if (node.integer("ceil_mode", 0) == 0 || node.text("auto_pad", "NOTSET").starts_with("SAME")) return pad;
  if (pads.empty()) return {pad.top, pad.left, 0, 0, 0};
  pad.bottom = std::min(pad.bottom, pads.size() == 4 ? pads[2] : 0);
  pad.right = std::min(pad.right, pads.back());
  return pad;
}

void import_global(NodeImport& node, bool maximum) {
  const Image input = pool_input(node);
  Window window;
  window.kernel_height = input.shape.height;
  window.kernel_width = input.shape.width;
  const Operator op = maximum ? Operator(MaxPool{window}) : Operator(AveragePool{window, false, {}});
  output_pool(node, op, input, window, node.view(0).rank());
}

/// Axes of a Reduce node: attribute before opset 18 (ReduceSum: 13), then an input; none means all but the batch.
std::vector<bool> reduced_axes(const NodeImport& node, std::size_t rank) {
  std::vector<std::int64_t> axes = node.integers("axes");
  if (node.has_input(1)) axes = node.constant_integers(1, Constraint::constant_axes);
  std::vector<bool> reduced(rank, false);
  for (const std::int64_t axis : axes) reduced[node.axis(axis, rank)] = true;
  if (axes.empty()) reduced.assign(rank, node.integer("noop_with_empty_axes", 0) == 0);
  return reduced;
}

enum class Reduction { mean, sum, maximum };

void import_reduction(NodeImport& node, Reduction reduction) {
  const TensorView& view = node.view(0);
  const std::vector<bool> reduced = reduced_axes(node, view.rank());
  const bool keep = node.integer("keepdims", 1) != 0;
  const Shape shape = node.shape_of(view);
  const std::int64_t pixels = shape.height * shape.width;
  std::vector<std::size_t> reduced_list;
  TensorView result{view.value, {}, {}};
  for (std::size_t i = 0; i < view.rank(); ++i) {
    if (reduced[i]) reduced_list.push_back(i);
    if (reduced[i] && !keep) continue;
    result.dimensions.push_back(reduced[i] ? 1 : view.dimensions[i]);
    result.axes.push_back(reduced[i] ? std::vector<Factor>{} : view.axes[i]);
  }
  std::vector<Factor> factors = flat_factors(view, reduced_list);
  std::ranges::sort(factors, std::ranges::greater{}, &Factor::stride);
  const TensorView sorted{view.value, {}, {factors}};
  factors = flat_factors(sorted, std::vector<std::size_t>{0});
  if (factors.empty()) return node.output(result);
  Window window;
  const bool all_space = factors == std::vector<Factor>{{pixels, 1}};
  if (all_space || factors == std::vector<Factor>{{shape.height, shape.width}}) window.kernel_height = shape.height;
  if (all_space || factors == std::vector<Factor>{{shape.width, 1}}) window.kernel_width = shape.width;
  node.require(window != Window{}, Constraint::reduce_space);
  const Shape output = window_output(shape, window);
  // What is left of the strides when rows or columns are gone.
  for (auto& axis : result.axes)
    for (Factor& factor : axis) {
      const std::int64_t unit = factor.stride % pixels == 0        ? pixels
                                : factor.stride % shape.width == 0 ? shape.width
                                                                   : 1;
      const std::int64_t left = unit == pixels ? output.height * output.width : unit == shape.width ? output.width : 1;
      factor.stride = factor.stride / unit * left;
    }
  const Operator op =
      reduction == Reduction::maximum ? Operator(MaxPool{window}) : Operator(AveragePool{window, false, {}});
  result.value = node.emit(op, {view.value}, output, result.dimensions, reduction == Reduction::sum ? "/mean" : "");
  if (reduction == Reduction::sum) {
    const auto taps = static_cast<float>(window.kernel_height * window.kernel_width);
    const auto channels = static_cast<std::size_t>(shape.channels);
    result = node.emit_like(Affine{std::vector<float>(channels, taps), std::vector<float>(channels, 0.0f)}, result);
  }
  node.output(result);
}

}  // namespace

void import_max_pool(NodeImport& node) {
  const Image input = pool_input(node);
  const Window window = read_window(node, input.shape, node.integers("kernel_shape"), node.view(0).rank());
  expect_taps_inside(node, input.shape, window);
  output_pool(node, MaxPool{window}, input, window, node.view(0).rank());
}

void import_average_pool(NodeImport& node) {
  const Image input = pool_input(node);
  const Window window = read_window(node, input.shape, node.integers("kernel_shape"), node.view(0).rank());
  node.require(window.dilation_height == 1 && window.dilation_width == 1, Constraint::average_pool_dilation);
  expect_taps_inside(node, input.shape, window);
  if (node.integer("count_include_pad", 0) == 0)
    return output_pool(node, AveragePool{window, false, {}}, input, window, node.view(0).rank());
  // The pads that the model wrote are counted, those that a ceil_mode added are not.
  const Pad counted = read_pads_alone(node, window);
  const bool all_counted = counted.bottom == window.pad_bottom && counted.right == window.pad_right;
  if (all_counted) return output_pool(node, AveragePool{window, true, {}}, input, window, node.view(0).rank());
  Image padded = input;
  padded.shape.height += counted.top + counted.bottom;
  padded.shape.width += counted.left + counted.right;
  if (padded.shape != input.shape)
    padded.value = node.emit(counted, {input.value}, padded.shape, output_dimensions(padded.shape, node.view(0).rank()),
                             "/padded");
  Window rest = window;
  rest.pad_top = rest.pad_left = 0;
  rest.pad_bottom -= counted.bottom;
  rest.pad_right -= counted.right;
  output_pool(node, AveragePool{rest, false, {}}, padded, rest, node.view(0).rank());
}

void import_global_average_pool(NodeImport& node) { import_global(node, false); }
void import_global_max_pool(NodeImport& node) { import_global(node, true); }
void import_reduce_mean(NodeImport& node) { import_reduction(node, Reduction::mean); }
void import_reduce_sum(NodeImport& node) { import_reduction(node, Reduction::sum); }
void import_reduce_max(NodeImport& node) { import_reduction(node, Reduction::maximum); }

}  // namespace evenshift::compiler::importer

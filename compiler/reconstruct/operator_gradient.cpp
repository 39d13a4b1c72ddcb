#include "compiler/reconstruct/operator_gradient.h"

#include <algorithm>

#include "arch/base/check.h"
#include "compiler/reconstruct/activation_gradient.h"

namespace evenshift::compiler {
namespace {

/// Calls visit(first element of the plane in the output, in the input) for every channel of every image.
template <typename Visit>
void for_planes(const BatchShape& out, const BatchShape& in, const Visit& visit) {
  for (std::int64_t plane = 0; plane < out.shape.channels * out.images; ++plane)
    visit(plane * out.pixels(), plane * in.pixels());
}

/// Calls visit(output, input, taps inside) for every tap inside of every output of one plane.
template <typename Visit>
void for_window_taps(const Window& w, const Shape& in, const Shape& out, const Visit& visit) {
  const auto inside = [](std::int64_t at, std::int64_t kernel, std::int64_t dilation, std::int64_t size) {
    std::int64_t taps = 0;
    for (std::int64_t k = 0; k < kernel; ++k) taps += at + k * dilation >= 0 && at + k * dilation < size;
    return taps;
  };
  for (std::int64_t y = 0; y < out.height; ++y)
    for (std::int64_t x = 0; x < out.width; ++x) {
      const std::int64_t top = y * w.stride_height - w.pad_top;
      const std::int64_t left = x * w.stride_width - w.pad_left;
      const std::int64_t taps = inside(top, w.kernel_height, w.dilation_height, in.height) *
                                inside(left, w.kernel_width, w.dilation_width, in.width);
      for (std::int64_t ky = 0; ky < w.kernel_height; ++ky)
        for (std::int64_t kx = 0; kx < w.kernel_width; ++kx) {
          const std::int64_t row = top + ky * w.dilation_height;
          const std::int64_t column = left + kx * w.dilation_width;
          if (row >= 0 && row < in.height && column >= 0 && column < in.width)
            visit(y * out.width + x, row * in.width + column, taps);
        }
    }
}

/// Calls visit(output, element of the second operand) for every output of a pair.
template <typename Visit>
void for_pairs(const NodeBatch& node, const Visit& visit) {
  const BatchShape& second = node.inputs[1].shape;
  const bool one_a_channel = second.shape != node.shape.shape;
  for (std::int64_t i = 0; i < node.shape.elements(); ++i) visit(i, one_a_channel ? i / node.shape.pixels() : i);
}

void forward(const Add& op, const NodeBatch& node) {
  const float sign = op.subtract ? -1.0F : 1.0F;
  for_pairs(node, [&](std::int64_t i, std::int64_t j) {
    node.values[i] = node.inputs[0].values[i] + sign * node.inputs[1].values[j];
  });
}
void backward(const Add& op, const NodeBatch& node) {
  const float sign = op.subtract ? -1.0F : 1.0F;
  for_pairs(node, [&](std::int64_t i, std::int64_t j) {
    if (node.inputs[0].gradient != nullptr) node.inputs[0].gradient[i] += node.gradient[i];
    if (node.inputs[1].gradient != nullptr) node.inputs[1].gradient[j] += sign * node.gradient[i];
  });
}

void forward(const Multiply&, const NodeBatch& node) {
  for_pairs(node, [&](std::int64_t i, std::int64_t j) {
    node.values[i] = node.inputs[0].values[i] * node.inputs[1].values[j];
  });
}
void backward(const Multiply&, const NodeBatch& node) {
  const NodeBatch::Input& a = node.inputs[0];
  const NodeBatch::Input& b = node.inputs[1];
  for_pairs(node, [&](std::int64_t i, std::int64_t j) {
    if (a.gradient != nullptr) a.gradient[i] += node.gradient[i] * b.values[j];
    if (b.gradient != nullptr) b.gradient[j] += node.gradient[i] * a.values[i];
  });
}

/// Index of the greatest input of every output of a plane, the first of equals; -1 without a tap inside.
std::vector<std::int64_t> greatest_taps(const MaxPool& op, const Shape& in, const Shape& out, const float* from) {
  std::vector<std::int64_t> greatest(static_cast<std::size_t>(out.height * out.width), -1);
  for_window_taps(op.window, in, out, [&](std::int64_t output, std::int64_t input, std::int64_t) {
    std::int64_t& best = greatest[static_cast<std::size_t>(output)];
    if (best < 0 || from[input] > from[best]) best = input;
  });
  return greatest;
}
void forward(const MaxPool& op, const NodeBatch& node) {
  const NodeBatch::Input& in = node.inputs[0];
  for_planes(node.shape, in.shape, [&](std::int64_t to, std::int64_t from) {
    for (const std::int64_t tap : greatest_taps(op, in.shape.shape, node.shape.shape, in.values + from))
      node.values[to++] = tap < 0 ? std::numeric_limits<float>::lowest() : in.values[from + tap];
  });
}
void backward(const MaxPool& op, const NodeBatch& node) {
  const NodeBatch::Input& in = node.inputs[0];
  if (in.gradient == nullptr) return;
  for_planes(node.shape, in.shape, [&](std::int64_t to, std::int64_t from) {
    for (const std::int64_t tap : greatest_taps(op, in.shape.shape, node.shape.shape, in.values + from)) {
      if (tap >= 0) in.gradient[from + tap] += node.gradient[to];
      ++to;
    }
  });
}

float share(const AveragePool& op, std::int64_t taps_inside) {
  const std::int64_t taps = op.count_padding ? op.window.kernel_height * op.window.kernel_width : taps_inside;
  return 1.0F / static_cast<float>(taps);
}
void forward(const AveragePool& op, const NodeBatch& node) {
  const NodeBatch::Input& in = node.inputs[0];
  std::fill_n(node.values, node.shape.elements(), 0.0F);
  for_planes(node.shape, in.shape, [&](std::int64_t to, std::int64_t from) {
    for_window_taps(op.window, in.shape.shape, node.shape.shape,
                    [&](std::int64_t output, std::int64_t input, std::int64_t taps) {
                      node.values[to + output] += share(op, taps) * in.values[from + input];
                    });
  });
}
void backward(const AveragePool& op, const NodeBatch& node) {
  const NodeBatch::Input& in = node.inputs[0];
  if (in.gradient == nullptr) return;
  for_planes(node.shape, in.shape, [&](std::int64_t to, std::int64_t from) {
    for_window_taps(op.window, in.shape.shape, node.shape.shape,
                    [&](std::int64_t output, std::int64_t input, std::int64_t taps) {
                      in.gradient[from + input] += share(op, taps) * node.gradient[to + output];
                    });
  });
}

void forward(const Activation& op, const NodeBatch& node) {
  for (std::int64_t i = 0; i < node.shape.elements(); ++i)
    node.values[i] = static_cast<float>(portable_evaluate(op, node.inputs[0].values[i]));
}
void backward(const Activation& op, const NodeBatch& node) {
  const NodeBatch::Input& in = node.inputs[0];
  for (std::int64_t i = 0; in.gradient != nullptr && i < node.shape.elements(); ++i)
    in.gradient[i] += node.gradient[i] * static_cast<float>(derivative(op, in.values[i]));
}

/// Calls visit(element, factor of its channel).
template <typename Visit>
void for_channels(const NodeBatch& node, const std::vector<float>& factors, const Visit& visit) {
  for (std::int64_t i = 0; i < node.shape.elements(); ++i)
    visit(i, factors[static_cast<std::size_t>(i / node.shape.row())]);
}
void forward(const Affine& op, const NodeBatch& node) {
  for_channels(node, op.scale, [&](std::int64_t i, float scale) {
    node.values[i] = scale * node.inputs[0].values[i] + op.offset[static_cast<std::size_t>(i / node.shape.row())];
  });
}
void backward(const Affine& op, const NodeBatch& node) {
  if (node.inputs[0].gradient == nullptr) return;
  for_channels(node, op.scale,
               [&](std::int64_t i, float scale) { node.inputs[0].gradient[i] += scale * node.gradient[i]; });
}
void forward(const ParametricRelu& op, const NodeBatch& node) {
  for_channels(node, op.slope, [&](std::int64_t i, float slope) {
    const float x = node.inputs[0].values[i];
    node.values[i] = x >= 0 ? x : slope * x;
  });
}
void backward(const ParametricRelu& op, const NodeBatch& node) {
  const NodeBatch::Input& in = node.inputs[0];
  if (in.gradient == nullptr) return;
  for_channels(node, op.slope, [&](std::int64_t i, float slope) {
    in.gradient[i] += in.values[i] >= 0 ? node.gradient[i] : slope * node.gradient[i];
  });
}

void forward(const Concat&, const NodeBatch& node) {
  float* to = node.values;
  for (const NodeBatch::Input& in : node.inputs) to = std::copy_n(in.values, in.shape.elements(), to);
}
void backward(const Concat&, const NodeBatch& node) {
  const float* from = node.gradient;
  for (const NodeBatch::Input& in : node.inputs)
    for (std::int64_t i = 0; i < in.shape.elements(); ++i, ++from)
      if (in.gradient != nullptr) in.gradient[i] += *from;
}

/// Operators whose outputs are inputs, or constants: calls visit(output, input) within a plane.
template <typename Visit>
void for_copies(const Pad& op, const Shape& in, const Visit& visit) {
  for (std::int64_t y = 0; y < in.height; ++y)
    for (std::int64_t x = 0; x < in.width; ++x)
      visit((y + op.top) * (in.width + op.left + op.right) + x + op.left, y * in.width + x);
}
template <typename Visit>
void for_copies(const Resize& op, const Shape& in, const Visit& visit) {
  std::int64_t output = 0;
  for (const std::int64_t row : op.rows)
    for (const std::int64_t column : op.columns) visit(output++, row * in.width + column);
}
template <typename Op>
void forward_copies(const Op& op, const NodeBatch& node) {
  const NodeBatch::Input& in = node.inputs[0];
  for_planes(node.shape, in.shape, [&](std::int64_t to, std::int64_t from) {
    for_copies(op, in.shape.shape,
               [&](std::int64_t output, std::int64_t input) { node.values[to + output] = in.values[from + input]; });
  });
}
template <typename Op>
void backward_copies(const Op& op, const NodeBatch& node) {
  const NodeBatch::Input& in = node.inputs[0];
  if (in.gradient == nullptr) return;
  for_planes(node.shape, in.shape, [&](std::int64_t to, std::int64_t from) {
    for_copies(op, in.shape.shape, [&](std::int64_t output, std::int64_t input) {
      in.gradient[from + input] += node.gradient[to + output];
    });
  });
}
void forward(const Pad& op, const NodeBatch& node) {
  std::fill_n(node.values, node.shape.elements(), static_cast<float>(op.value));
  forward_copies(op, node);
}
void backward(const Pad& op, const NodeBatch& node) { backward_copies(op, node); }
void forward(const Resize& op, const NodeBatch& node) { forward_copies(op, node); }
void backward(const Resize& op, const NodeBatch& node) { backward_copies(op, node); }

/// Element (c, image, y, x) of a value, counted in the (c, y, x) order of one image.
std::int64_t place(const BatchShape& shape, std::int64_t image, std::int64_t element) {
  return element / shape.pixels() * shape.row() + image * shape.pixels() + element % shape.pixels();
}
void forward(const Reshape&, const NodeBatch& node) {
  const NodeBatch::Input& in = node.inputs[0];
  for (std::int64_t image = 0; image < node.shape.images; ++image)
    for (std::int64_t i = 0; i < node.shape.shape.elements(); ++i)
      node.values[place(node.shape, image, i)] = in.values[place(in.shape, image, i)];
}
void backward(const Reshape&, const NodeBatch& node) {
  const NodeBatch::Input& in = node.inputs[0];
  if (in.gradient == nullptr) return;
  for (std::int64_t image = 0; image < node.shape.images; ++image)
    for (std::int64_t i = 0; i < node.shape.shape.elements(); ++i)
      in.gradient[place(in.shape, image, i)] += node.gradient[place(node.shape, image, i)];
}

}  // namespace

void forward_operator(const Operator& op, const NodeBatch& node) {
  std::visit(
      [&](const auto& known) {
        using Op = std::decay_t<decltype(known)>;
        if constexpr (std::is_same_v<Op, Conv> || std::is_same_v<Op, Softmax> || std::is_same_v<Op, Quantize>)
          check(false, fmt::format("forward_operator: {}", kind_of(op)));
        else
          forward(known, node);
      },
      op);
}

void backward_operator(const Operator& op, const NodeBatch& node) {
  std::visit(
      [&](const auto& known) {
        using Op = std::decay_t<decltype(known)>;
        if constexpr (std::is_same_v<Op, Conv> || std::is_same_v<Op, Softmax> || std::is_same_v<Op, Quantize>)
          check(false, fmt::format("backward_operator: {}", kind_of(op)));
        else
          backward(known, node);
      },
      op);
}

}  // namespace evenshift::compiler

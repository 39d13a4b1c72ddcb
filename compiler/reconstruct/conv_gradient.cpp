#include "compiler/reconstruct/conv_gradient.h"

#include <algorithm>

#include "arch/base/ceil_divide.h"
#include "compiler/reconstruct/depthwise_gradient.h"
#include "compiler/reconstruct/vector_math.h"
#include "compiler/reference/matrix_product.h"
#include "compiler/reference/vector_dispatch.h"

namespace evenshift::compiler {
namespace {

/// A conv as one matrix product a group: [channels][taps] · [taps][pixels of all images].
class ConvMatrices {
 public:
  ConvMatrices(const Conv& conv, const BatchShape& in, const BatchShape& out)
      : conv_(conv),
        in_(in),
        out_(out),
        inputs_(in.shape.channels / conv.groups),
        taps_(inputs_ * conv.window.kernel_height * conv.window.kernel_width),
        channels_(conv.output_channels / conv.groups),
        is_pointwise_(conv.window == Window{}) {
    if (!is_pointwise_) columns_.resize(static_cast<std::size_t>(taps_ * out.row()));
  }

  [[nodiscard]] MatrixSizes sizes() const { return {channels_, out_.row(), taps_}; }
  [[nodiscard]] std::int64_t weight_offset(std::int64_t group) const { return group * channels_ * taps_; }
  [[nodiscard]] std::int64_t output_offset(std::int64_t group) const { return group * channels_ * out_.row(); }
  [[nodiscard]] std::int64_t input_offset(std::int64_t group) const { return group * inputs_ * in_.row(); }
  [[nodiscard]] bool is_pointwise() const { return is_pointwise_; }

  /// [taps][pixels] of a group's inputs; 0 outside.
  MatrixView gather(std::int64_t group, const float* from) {
    const float* inputs = from + input_offset(group);
    if (is_pointwise_) return {inputs, in_.row(), 1};
    std::fill(columns_.begin(), columns_.end(), 0.0F);
    for_rows([&](std::int64_t column, std::int64_t input, std::int64_t count, std::int64_t step) {
      float* to = columns_.data() + column;
      const float* row = inputs + input;
      for (std::int64_t i = 0; i < count; ++i) to[i] = row[i * step];
    });
    return {columns_.data(), out_.row(), 1};
  }

  /// Zeroed [taps][pixels] for gradients, which `scatter` then adds to the inputs they came from.
  float* columns() {
    std::fill(columns_.begin(), columns_.end(), 0.0F);
    return columns_.data();
  }
  void scatter(std::int64_t group, float* to) const {
    float* inputs = to + input_offset(group);
    for_rows([&](std::int64_t column, std::int64_t input, std::int64_t count, std::int64_t step) {
      const float* from = columns_.data() + column;
      float* row = inputs + input;
      for (std::int64_t i = 0; i < count; ++i) row[i * step] += from[i];
    });
  }

 private:
  /// Calls visit(offset in the columns, offset in the inputs, outputs, stride) for each tap's row of outputs whose
  /// inputs are inside.
  template <typename Visit>
  void for_rows(const Visit& visit) const {
    const Window& w = conv_.window;
    std::int64_t tap = 0;
    for (std::int64_t i = 0; i < inputs_; ++i)
      for (std::int64_t ky = 0; ky < w.kernel_height; ++ky)
        for (std::int64_t kx = 0; kx < w.kernel_width; ++kx, ++tap) {
          const std::int64_t left = kx * w.dilation_width - w.pad_left;
          const std::int64_t first = left >= 0 ? 0 : ceil_divide(-left, w.stride_width);
          const std::int64_t end = left >= in_.shape.width
                                       ? 0
                                       : std::min(out_.shape.width, (in_.shape.width - 1 - left) / w.stride_width + 1);
          if (first >= end) continue;
          for (std::int64_t image = 0; image < in_.images; ++image)
            for (std::int64_t y = 0; y < out_.shape.height; ++y) {
              const std::int64_t row = y * w.stride_height + ky * w.dilation_height - w.pad_top;
              if (row < 0 || row >= in_.shape.height) continue;
              visit(tap * out_.row() + (image * out_.shape.height + y) * out_.shape.width + first,
                    i * in_.row() + (image * in_.shape.height + row) * in_.shape.width + first * w.stride_width + left,
                    end - first, w.stride_width);
            }
        }
  }

  const Conv& conv_;
  const BatchShape& in_;
  const BatchShape& out_;
  std::int64_t inputs_;    ///< channels of a group
  std::int64_t taps_;      ///< of one output
  std::int64_t channels_;  ///< output channels of a group
  bool is_pointwise_;      ///< the inputs are the columns
  Floats columns_;
};

bool is_depthwise(const Conv& conv, const BatchShape& in) {
  return conv.groups == in.shape.channels && in.shape.channels > 1;
}

}  // namespace

void conv_forward(const Conv& conv, const ConvParameters& parameters, const BatchShape& in, const float* from,
                  const BatchShape& out, float* to) {
  if (is_depthwise(conv, in)) {
    depthwise_forward(conv, parameters, in, from, out, to);
    return;
  }
  for (std::int64_t c = 0; c < conv.output_channels; ++c)
    std::fill_n(to + c * out.row(), out.row(), parameters.bias[static_cast<std::size_t>(c)]);
  ConvMatrices matrices(conv, in, out);
  for (std::int64_t group = 0; group < conv.groups; ++group)
    multiply_add(matrices.sizes(),
                 {parameters.weights.data() + matrices.weight_offset(group), matrices.sizes().depth, 1},
                 matrices.gather(group, from), to + matrices.output_offset(group), out.row());
}

void conv_backward(const Conv& conv, const ConvParameters& parameters, const BatchShape& in, const float* from,
                   const BatchShape& out, const float* to_gradient, float* from_gradient, ConvParameters& gradients) {
  if (is_depthwise(conv, in)) {
    depthwise_backward(conv, parameters, in, from, out, to_gradient, from_gradient, gradients);
    return;
  }
  with_widest_vectors([&] {
    for (std::int64_t c = 0; c < conv.output_channels; ++c) {
      const float* row = to_gradient + c * out.row();
      gradients.bias[static_cast<std::size_t>(c)] += sum_in_lanes(out.row(), [&](std::int64_t i) { return row[i]; });
    }
  });
  ConvMatrices matrices(conv, in, out);
  const auto [channels, pixels, taps] = matrices.sizes();
  for (std::int64_t group = 0; group < conv.groups; ++group) {
    const MatrixView outputs{to_gradient + matrices.output_offset(group), pixels, 1};
    multiply_add({channels, taps, pixels}, outputs, matrices.gather(group, from).transposed(),
                 gradients.weights.data() + matrices.weight_offset(group), taps);
    if (from_gradient == nullptr) continue;
    const MatrixView weights{parameters.weights.data() + matrices.weight_offset(group), taps, 1};
    float* columns = matrices.is_pointwise() ? from_gradient + matrices.input_offset(group) : matrices.columns();
    multiply_add({taps, pixels, channels}, weights.transposed(), outputs, columns, pixels);
    if (!matrices.is_pointwise()) matrices.scatter(group, from_gradient);
  }
}

void add_input_moments(const Conv& conv, const BatchShape& in, const float* from, const BatchShape& out,
                       Floats& moments) {
  ConvMatrices matrices(conv, in, out);
  const auto [channels, pixels, taps] = matrices.sizes();
  for (std::int64_t group = 0; group < conv.groups; ++group) {
    const MatrixView inputs = matrices.gather(group, from);
    multiply_add({taps, taps, pixels}, inputs, inputs.transposed(), moments.data() + group * taps * taps, taps);
  }
}

}  // namespace evenshift::compiler

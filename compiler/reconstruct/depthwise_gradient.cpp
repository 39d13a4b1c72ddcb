#include "compiler/reconstruct/depthwise_gradient.h"

#include <algorithm>

#include "arch/base/ceil_divide.h"
#include "compiler/reconstruct/vector_math.h"
#include "compiler/reference/vector_dispatch.h"

namespace evenshift::compiler {
namespace {

/// The padded input, divided into stride_height × stride_width planes of every stride-th row and column, so that the
/// inputs of one tap for all outputs are one stretch of a plane. Outputs are spread to the pitch of the planes.
class Planes {
 public:
  Planes(const Window& window, const BatchShape& in, const BatchShape& out)
      : window_(window),
        in_(in),
        out_(out),
        height_((in.shape.height + window.pad_top + window.pad_bottom + window.stride_height - 1) /
                window.stride_height),
        width_(ceil_divide(in.shape.width + window.pad_left + window.pad_right, window.stride_width)),
        plane_(height_ * width_ * in.images) {}

  /// Floats of the planes together; a tap may read past the last output, never past this.
  [[nodiscard]] std::int64_t size() const { return plane_ * window_.stride_height * window_.stride_width + reach(); }
  /// Floats of the spread outputs.
  [[nodiscard]] std::int64_t outputs() const { return plane_; }

  [[nodiscard]] std::int64_t offset(std::int64_t ky, std::int64_t kx) const {
    const std::int64_t y = ky * window_.dilation_height;
    const std::int64_t x = kx * window_.dilation_width;
    const std::int64_t phase = y % window_.stride_height * window_.stride_width + x % window_.stride_width;
    return phase * plane_ + y / window_.stride_height * width_ + x / window_.stride_width;
  }

  /// Calls visit(offset in the planes, offset in the channel, count, stride in the channel) for every stretch of
  /// inputs.
  template <typename Visit>
  void for_inputs(const Visit& visit) const {
    const std::int64_t stride = window_.stride_width;
    for (std::int64_t image = 0; image < in_.images; ++image)
      for (std::int64_t y = 0; y < in_.shape.height; ++y) {
        const std::int64_t row = y + window_.pad_top;
        const std::int64_t to =
            row % window_.stride_height * stride * plane_ + (image * height_ + row / window_.stride_height) * width_;
        const std::int64_t from = (image * in_.shape.height + y) * in_.shape.width;
        for (std::int64_t x = 0; x < std::min(stride, in_.shape.width); ++x) {
          const std::int64_t column = x + window_.pad_left;
          visit(to + column % stride * plane_ + column / stride, from + x, (in_.shape.width - 1 - x) / stride + 1,
                stride);
        }
      }
  }

  /// Calls visit(offset in the spread outputs, offset in the channel, count) for every row of outputs.
  template <typename Visit>
  void for_output_rows(const Visit& visit) const {
    for (std::int64_t image = 0; image < out_.images; ++image)
      for (std::int64_t y = 0; y < out_.shape.height; ++y)
        visit((image * height_ + y) * width_, (image * out_.shape.height + y) * out_.shape.width, out_.shape.width);
  }

 private:
  [[nodiscard]] std::int64_t reach() const {
    return window_.kernel_height * window_.dilation_height * width_ + window_.kernel_width * window_.dilation_width;
  }

  const Window& window_;
  const BatchShape& in_;
  const BatchShape& out_;
  std::int64_t height_;  ///< of a plane of one image
  std::int64_t width_;
  std::int64_t plane_;  ///< floats of a plane of all images
};

void fill(const Planes& planes, const float* channel, Floats& padded) {
  planes.for_inputs([&](std::int64_t at, std::int64_t input, std::int64_t count, std::int64_t stride) {
    for (std::int64_t i = 0; i < count; ++i) padded[static_cast<std::size_t>(at + i)] = channel[input + i * stride];
  });
}

/// Output channels that read one input channel.
std::int64_t multiplier_of(const Conv& conv) { return conv.output_channels / conv.groups; }

template <typename Visit>
void for_taps(const Conv& conv, const Visit& visit) {
  for (std::int64_t ky = 0; ky < conv.window.kernel_height; ++ky)
    for (std::int64_t kx = 0; kx < conv.window.kernel_width; ++kx) visit(ky, kx, ky * conv.window.kernel_width + kx);
}

}  // namespace

void depthwise_forward(const Conv& conv, const ConvParameters& parameters, const BatchShape& in, const float* from,
                       const BatchShape& out, float* to) {
  const Planes planes(conv.window, in, out);
  const std::int64_t taps = conv.window.kernel_height * conv.window.kernel_width;
  Floats padded(static_cast<std::size_t>(planes.size()));
  Floats sums(static_cast<std::size_t>(planes.outputs()));
  with_widest_vectors([&] {
    for (std::int64_t c = 0; c < conv.output_channels; ++c) {
      if (c % multiplier_of(conv) == 0) {
        const float* channel = from + c / multiplier_of(conv) * in.row();
        fill(planes, channel, padded);
      }
      const float* weights = parameters.weights.data() + c * taps;
      std::fill(sums.begin(), sums.end(), parameters.bias[static_cast<std::size_t>(c)]);
      for_taps(conv, [&](std::int64_t ky, std::int64_t kx, std::int64_t tap) {
        add_scaled(planes.outputs(), weights[tap], padded.data() + planes.offset(ky, kx), sums.data());
      });
      float* outputs = to + c * out.row();
      planes.for_output_rows([&](std::int64_t at, std::int64_t output, std::int64_t count) {
        std::copy_n(sums.data() + at, count, outputs + output);
      });
    }
  });
}

void depthwise_backward(const Conv& conv, const ConvParameters& parameters, const BatchShape& in, const float* from,
                        const BatchShape& out, const float* to_gradient, float* from_gradient,
                        ConvParameters& gradients) {
  const Planes planes(conv.window, in, out);
  const std::int64_t taps = conv.window.kernel_height * conv.window.kernel_width;
  Floats padded(static_cast<std::size_t>(planes.size()));
  Floats padded_gradient(static_cast<std::size_t>(planes.size()));
  Floats spread(static_cast<std::size_t>(planes.outputs()));  // 0 between the outputs
  with_widest_vectors([&] {
    for (std::int64_t c = 0; c < conv.output_channels; ++c) {
      const std::int64_t input_channel = c / multiplier_of(conv);
      const float* channel = from + input_channel * in.row();
      fill(planes, channel, padded);
      const float* outputs = to_gradient + c * out.row();
      planes.for_output_rows([&](std::int64_t at, std::int64_t output, std::int64_t count) {
        std::copy_n(outputs + output, count, spread.data() + at);
      });
      gradients.bias[static_cast<std::size_t>(c)] +=
          sum_in_lanes(out.row(), [&](std::int64_t i) { return outputs[i]; });
      const float* weights = parameters.weights.data() + c * taps;
      float* weight_gradients = gradients.weights.data() + c * taps;
      std::fill(padded_gradient.begin(), padded_gradient.end(), 0.0F);
      for_taps(conv, [&](std::int64_t ky, std::int64_t kx, std::int64_t tap) {
        const float* inputs = padded.data() + planes.offset(ky, kx);
        const float* g = spread.data();
        weight_gradients[tap] += sum_in_lanes(planes.outputs(), [&](std::int64_t i) { return g[i] * inputs[i]; });
        if (from_gradient != nullptr)
          add_scaled(planes.outputs(), weights[tap], g, padded_gradient.data() + planes.offset(ky, kx));
      });
      if (from_gradient == nullptr) continue;
      float* input_gradients = from_gradient + input_channel * in.row();
      planes.for_inputs([&](std::int64_t at, std::int64_t input, std::int64_t count, std::int64_t stride) {
        for (std::int64_t i = 0; i < count; ++i)
          input_gradients[input + i * stride] += padded_gradient[static_cast<std::size_t>(at + i)];
      });
    }
  });
}

}  // namespace evenshift::compiler

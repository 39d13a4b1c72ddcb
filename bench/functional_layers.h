#pragma once

#include <string>
#include <vector>

#include "arch/image/image.h"

namespace evenshift::bench {

/// A convolution as both sides of the comparison run it, with "same" padding.
struct LayerSpec {
  std::string name;
  std::int64_t height = 1, width = 1, input_channels = 1, output_channels = 1;
  std::int64_t kernel = 1, stride = 1;
  bool depthwise = false;
  bool adds_input_of =
      false;  ///< the residual add of an inverted bottleneck follows: the layer before last but one's input

  [[nodiscard]] std::int64_t output_height() const { return (height + stride - 1) / stride; }
  [[nodiscard]] std::int64_t output_width() const { return (width + stride - 1) / stride; }
  /// Padding before the first row or column.
  [[nodiscard]] std::int64_t pad() const { return (kernel - 1) / 2; }
  [[nodiscard]] double macs() const {
    return static_cast<double>(output_height() * output_width() * output_channels * kernel * kernel *
                               (depthwise ? 1 : input_channels));
  }
};

/// Every convolution of MobileNetV2 1.0 at 224 × 224, in order; the classifier as a 1 × 1 one.
std::vector<LayerSpec> mobilenet_v2_layers();

/// An image that runs the layers one after the other on the default machine, tiled to its scratchpad as a compiler
/// would, with made-up weights. The pool before the classifier stands as its centre pixel.
image::Image layers_image(const std::vector<LayerSpec>& layers);

}  // namespace evenshift::bench

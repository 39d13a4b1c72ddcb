#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "compiler/reference/integer_evaluator.h"

namespace evenshift::compiler {

/// What the operators of the integer evaluator read, and where they write.
struct IntegerNode {
  struct Operand {
    const Codes& codes;
    const Shape& shape;
    std::int32_t zero_point = 0;
    /// First channel of pixel (y, x).
    [[nodiscard]] const std::int8_t* pixel(std::int64_t y, std::int64_t x) const {
      return codes.data() + (y * shape.width + x) * shape.channels;
    }
  };
  const NpuConfig& config;
  int threads = 1;
  std::vector<Operand> inputs;
  const Shape& shape;  ///< of the output
  Codes& codes;        ///< of the output, as many as it has elements

  [[nodiscard]] std::int8_t* pixel(std::int64_t y, std::int64_t x) const {
    return codes.data() + (y * shape.width + x) * shape.channels;
  }
  [[nodiscard]] RoundingMode rounding() const { return config.requantizer.rounding; }
};

/// Calls tap(input pixel's first code, index of the tap) for every tap of output (y, x) that lies inside the input.
template <typename Tap>
void for_each_tap_inside(const Window& w, const IntegerNode::Operand& in, std::int64_t y, std::int64_t x, Tap&& tap) {
  for (std::int64_t ky = 0; ky < w.kernel_height; ++ky) {
    const std::int64_t iy = y * w.stride_height + ky * w.dilation_height - w.pad_top;
    if (iy < 0 || iy >= in.shape.height) continue;
    for (std::int64_t kx = 0; kx < w.kernel_width; ++kx) {
      const std::int64_t ix = x * w.stride_width + kx * w.dilation_width - w.pad_left;
      if (ix >= 0 && ix < in.shape.width) tap(in.pixel(iy, ix), ky * w.kernel_width + kx);
    }
  }
}

/// out = requantize(bias[c] + Σ w · q), where q outside the input is its zero point. `name` is for messages.
void evaluate_conv(const Conv& conv, const QuantizedConv& quantized, const IntegerNode& node, std::string_view name);

/// Any node but conv and softmax.
void evaluate_operator(const Operator& op, const QuantizedOperator& quantized, const IntegerNode& node);

}  // namespace evenshift::compiler

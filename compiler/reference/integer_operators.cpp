#include "compiler/reference/integer_operators.h"

#include <algorithm>

#include "arch/base/check.h"

namespace evenshift::compiler {
namespace {

/// Calls function(y, x) for every pixel of the output.
template <typename Function>
void for_each_pixel(const Shape& shape, Function&& function) {
  for (std::int64_t y = 0; y < shape.height; ++y)
    for (std::int64_t x = 0; x < shape.width; ++x) function(y, x);
}

/// Code i of the second operand, which may be one a channel.
std::int8_t second(const IntegerNode& node, std::size_t i) {
  const Codes& b = node.inputs[1].codes;
  return b[i % b.size()];
}

void compute(const Add&, const QuantizedAdd& q, const IntegerNode& node) {
  for (std::size_t i = 0; i < node.codes.size(); ++i)
    node.codes[i] = add(node.inputs[0].codes[i], second(node, i), q.scales, q.range, node.rounding());
}

void compute(const Multiply&, const QuantizedMultiply& q, const IntegerNode& node) {
  for (std::size_t i = 0; i < node.codes.size(); ++i)
    node.codes[i] = multiply(node.inputs[0].codes[i], second(node, i), q.scales, q.range, node.rounding());
}

void compute(const MaxPool& op, const QuantizedCopy&, const IntegerNode& node) {
  for_each_pixel(node.shape, [&](std::int64_t y, std::int64_t x) {
    std::int8_t* const out = node.pixel(y, x);
    std::fill_n(out, node.shape.channels, std::int8_t{-128});
    for_each_tap_inside(op.window, node.inputs[0], y, x, [&](const std::int8_t* pixel, std::int64_t) {
      for (std::int64_t c = 0; c < node.shape.channels; ++c) out[c] = std::max(out[c], pixel[c]);
    });
  });
}

void compute(const AveragePool& op, const QuantizedAveragePool& q, const IntegerNode& node) {
  const IntegerNode::Operand& in = node.inputs[0];
  std::vector<std::int32_t> sums;
  for_each_pixel(node.shape, [&](std::int64_t y, std::int64_t x) {
    std::size_t taps = 0;
    sums.assign(static_cast<std::size_t>(node.shape.channels), 0);
    for_each_tap_inside(op.window, in, y, x, [&](const std::int8_t* pixel, std::int64_t) {
      ++taps;
      for (std::size_t c = 0; c < sums.size(); ++c) sums[c] += pixel[c] - q.input_zero_point;
    });
    const Rescale& scale = q.by_count.at(q.by_count.size() == 1 || taps == 0 ? 0 : taps - 1);
    std::int8_t* const out = node.pixel(y, x);
    for (std::size_t c = 0; c < sums.size(); ++c)
      out[c] = rescale(sums[c], scale.multiplier, scale.shift, q.range, node.rounding());
  });
}

void compute(const Activation&, const QuantizedLookup& q, const IntegerNode& node) {
  for (std::size_t i = 0; i < node.codes.size(); ++i)
    node.codes[i] = q.table[static_cast<std::size_t>(node.inputs[0].codes[i] + 128)];
}

void compute(const ParametricRelu&, const QuantizedParametricRelu& q, const IntegerNode& node) {
  const auto channels = static_cast<std::size_t>(node.shape.channels);
  for (std::size_t i = 0; i < node.codes.size(); ++i) {
    const std::int32_t value = node.inputs[0].codes[i] - node.inputs[0].zero_point;
    node.codes[i] = rescale(value, value >= 0 ? q.multiplier : q.negative_multipliers.at(i % channels), q.shift,
                            q.range, node.rounding());
  }
}

void compute(const Concat&, const QuantizedConcat& q, const IntegerNode& node) {
  for_each_pixel(node.shape, [&](std::int64_t y, std::int64_t x) {
    std::int8_t* out = node.pixel(y, x);
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const IntegerNode::Operand& in = node.inputs[i];
      const std::int8_t* const pixel = in.pixel(y, x);
      const auto& scale = q.rescales.at(i);
      for (std::int64_t c = 0; c < in.shape.channels; ++c)
        *out++ = scale ? rescale(pixel[c] - in.zero_point, scale->multiplier, scale->shift, q.range, node.rounding())
                       : pixel[c];
    }
  });
}

void compute(const Pad& op, const QuantizedCopy& q, const IntegerNode& node) {
  const IntegerNode::Operand& in = node.inputs[0];
  std::ranges::fill(node.codes, q.pad_code);
  for_each_pixel(in.shape, [&](std::int64_t y, std::int64_t x) {
    std::copy_n(in.pixel(y, x), in.shape.channels, node.pixel(y + op.top, x + op.left));
  });
}

void compute(const Resize& op, const QuantizedCopy&, const IntegerNode& node) {
  for_each_pixel(node.shape, [&](std::int64_t y, std::int64_t x) {
    const std::int8_t* const pixel =
        node.inputs[0].pixel(op.rows[static_cast<std::size_t>(y)], op.columns[static_cast<std::size_t>(x)]);
    std::copy_n(pixel, node.shape.channels, node.pixel(y, x));
  });
}

/// (y, x, c) order of one shape to (y, x, c) order of another, where (c, y, x) order stays.
void compute(const Reshape&, const QuantizedCopy&, const IntegerNode& node) {
  const Shape& in = node.inputs[0].shape;
  for (std::int64_t i = 0; i < node.shape.elements(); ++i) {
    const std::int64_t from = i / (in.height * in.width) + i % (in.height * in.width) * in.channels;
    const std::int64_t to =
        i / (node.shape.height * node.shape.width) + i % (node.shape.height * node.shape.width) * node.shape.channels;
    node.codes[static_cast<std::size_t>(to)] = node.inputs[0].codes[static_cast<std::size_t>(from)];
  }
}

}  // namespace

void evaluate_operator(const Operator& op, const QuantizedOperator& quantized, const IntegerNode& node) {
  std::visit(
      [&](const auto& o, const auto& q) {
        if constexpr (requires { compute(o, q, node); })
          compute(o, q, node);
        else
          throw InternalError(fmt::format("a {} is quantized as another operator", kind_of(op)));
      },
      op, quantized);
}

}  // namespace evenshift::compiler

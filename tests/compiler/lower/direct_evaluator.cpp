#include "tests/compiler/lower/direct_evaluator.h"

#include <algorithm>

#include "arch/isa/weight_layout.h"
#include "arch/numerics/elementwise.h"

namespace evenshift::compiler {
namespace {

class Evaluator {
 public:
  Evaluator(const QuantizedGraph& network, const std::vector<Codes>& inputs)
      : network_(network), mode_(network.config.requantizer.rounding), codes_(network.graph.values.size()) {
    for (std::size_t i = 0; i < inputs.size(); ++i)
      codes_[static_cast<std::size_t>(network.graph.inputs[i])] = inputs[i];
  }

  std::vector<Codes> run() {
    for (std::size_t i = 0; i < network_.graph.nodes.size(); ++i) {
      node_ = &network_.graph.nodes[i];
      in_ = network_.graph.value(node_->inputs[0]).shape;
      out_ = network_.graph.value(node_->output).shape;
      Codes result(static_cast<std::size_t>(out_.elements()));
      std::visit([&](const auto& op, const auto& quantized) { evaluate(op, quantized, result); }, node_->op,
                 network_.nodes[i]);
      if (!std::holds_alternative<Reshape>(node_->op) && !std::holds_alternative<Softmax>(node_->op))
        codes_[static_cast<std::size_t>(node_->output)] = std::move(result);
    }
    return std::move(codes_);
  }

 private:
  static std::size_t at(const Shape& shape, std::int64_t y, std::int64_t x, std::int64_t c) {
    return static_cast<std::size_t>((y * shape.width + x) * shape.channels + c);
  }
  const Codes& input(std::size_t i = 0) const { return codes_[static_cast<std::size_t>(node_->inputs[i])]; }
  std::int32_t zero_point(std::size_t i = 0) const {
    return network_.values[static_cast<std::size_t>(node_->inputs[i])].zero_point;
  }

  template <typename Visitor>
  void for_each_output(Visitor&& visitor) const {
    for (std::int64_t y = 0; y < out_.height; ++y)
      for (std::int64_t x = 0; x < out_.width; ++x)
        for (std::int64_t c = 0; c < out_.channels; ++c) visitor(y, x, c, at(out_, y, x, c));
  }

  /// Calls visitor(tap, iy, ix) for all taps of a window, inside the input or not.
  template <typename Visitor>
  static void for_each_tap(const Window& w, std::int64_t y, std::int64_t x, Visitor&& visitor) {
    for (std::int64_t ky = 0; ky < w.kernel_height; ++ky)
      for (std::int64_t kx = 0; kx < w.kernel_width; ++kx)
        visitor(ky * w.kernel_width + kx, y * w.stride_height + ky * w.dilation_height - w.pad_top,
                x * w.stride_width + kx * w.dilation_width - w.pad_left);
  }
  bool is_inside(std::int64_t y, std::int64_t x) const { return y >= 0 && y < in_.height && x >= 0 && x < in_.width; }

  void evaluate(const Conv& conv, const QuantizedConv& q, Codes& result) const {
    isa::Conv command;
    command.output_channels = conv.output_channels;
    command.multiplier = q.layer_scale.multiplier;
    command.shift = q.layer_scale.shift;
    const auto scales = isa::channel_scales(command, network_.config.requantizer,
                                            isa::pack_scales(network_.config.requantizer, q.channel_scales));
    const std::int64_t inputs = in_.channels / conv.groups;
    const std::int64_t outputs = conv.output_channels / conv.groups;
    const std::int64_t taps = conv.window.kernel_height * conv.window.kernel_width;
    for_each_output([&](std::int64_t y, std::int64_t x, std::int64_t c, std::size_t index) {
      std::int32_t acc = q.bias[static_cast<std::size_t>(c)];
      for_each_tap(conv.window, y, x, [&](std::int64_t tap, std::int64_t iy, std::int64_t ix) {
        for (std::int64_t i = 0; i < inputs; ++i) {
          const std::int32_t code =
              is_inside(iy, ix) ? input()[at(in_, iy, ix, c / outputs * inputs + i)] : zero_point();
          acc += code * q.weights[static_cast<std::size_t>((c * inputs + i) * taps + tap)];
        }
      });
      result[index] = requantize(acc, scales[static_cast<std::size_t>(c)], q.range, mode_);
    });
  }

  std::size_t second_operand(std::size_t index, std::int64_t c) const {
    return input(1).size() == input(0).size() ? index : static_cast<std::size_t>(c);
  }
  void evaluate(const Add&, const QuantizedAdd& q, Codes& result) const {
    for_each_output([&](std::int64_t, std::int64_t, std::int64_t c, std::size_t i) {
      result[i] = add(input(0)[i], input(1)[second_operand(i, c)], q.scales, q.range, mode_);
    });
  }
  void evaluate(const Multiply&, const QuantizedMultiply& q, Codes& result) const {
    for_each_output([&](std::int64_t, std::int64_t, std::int64_t c, std::size_t i) {
      result[i] = multiply(input(0)[i], input(1)[second_operand(i, c)], q.scales, q.range, mode_);
    });
  }
  void evaluate(const MaxPool& pool, const QuantizedCopy&, Codes& result) const {
    for_each_output([&](std::int64_t y, std::int64_t x, std::int64_t c, std::size_t index) {
      std::int8_t greatest = -128;
      for_each_tap(pool.window, y, x, [&](std::int64_t, std::int64_t iy, std::int64_t ix) {
        if (is_inside(iy, ix)) greatest = std::max(greatest, input()[at(in_, iy, ix, c)]);
      });
      result[index] = greatest;
    });
  }
  void evaluate(const AveragePool& pool, const QuantizedAveragePool& q, Codes& result) const {
    for_each_output([&](std::int64_t y, std::int64_t x, std::int64_t c, std::size_t index) {
      std::int32_t sum = 0;
      std::size_t taps = 0;
      for_each_tap(pool.window, y, x, [&](std::int64_t, std::int64_t iy, std::int64_t ix) {
        if (!is_inside(iy, ix)) return;
        sum += input()[at(in_, iy, ix, c)] - zero_point();
        ++taps;
      });
      const Rescale& scale = q.by_count[q.by_count.size() == 1 ? 0 : taps - 1];
      result[index] = rescale(sum, scale.multiplier, scale.shift, q.range, mode_);
    });
  }
  void evaluate(const Activation&, const QuantizedLookup& q, Codes& result) const {
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = q.table[static_cast<std::size_t>(input()[i] + 128)];
  }
  void evaluate(const ParametricRelu&, const QuantizedParametricRelu& q, Codes& result) const {
    for_each_output([&](std::int64_t, std::int64_t, std::int64_t c, std::size_t i) {
      const std::int32_t value = input()[i] - zero_point();
      result[i] = rescale(value, value >= 0 ? q.multiplier : q.negative_multipliers[static_cast<std::size_t>(c)],
                          q.shift, q.range, mode_);
    });
  }
  void evaluate(const Concat&, const QuantizedConcat& q, Codes& result) const {
    std::int64_t first = 0;
    for (std::size_t k = 0; k < node_->inputs.size(); ++k) {
      const Shape part = network_.graph.value(node_->inputs[k]).shape;
      for (std::int64_t y = 0; y < part.height; ++y)
        for (std::int64_t x = 0; x < part.width; ++x)
          for (std::int64_t c = 0; c < part.channels; ++c) {
            const std::int8_t code = input(k)[at(part, y, x, c)];
            result[at(out_, y, x, first + c)] = q.rescales[k] ? rescale(code - zero_point(k), q.rescales[k]->multiplier,
                                                                        q.rescales[k]->shift, q.range, mode_)
                                                              : code;
          }
      first += part.channels;
    }
  }
  void evaluate(const Pad& pad, const QuantizedCopy& q, Codes& result) const {
    for_each_output([&](std::int64_t y, std::int64_t x, std::int64_t c, std::size_t index) {
      const bool inside = is_inside(y - pad.top, x - pad.left);
      result[index] = inside ? input()[at(in_, y - pad.top, x - pad.left, c)] : q.pad_code;
    });
  }
  void evaluate(const Resize& resize, const QuantizedCopy&, Codes& result) const {
    for_each_output([&](std::int64_t y, std::int64_t x, std::int64_t c, std::size_t index) {
      result[index] =
          input()[at(in_, resize.rows[static_cast<std::size_t>(y)], resize.columns[static_cast<std::size_t>(x)], c)];
    });
  }
  template <typename Op, typename Quantized>
  void evaluate(const Op&, const Quantized&, Codes&) const {}

  const QuantizedGraph& network_;
  RoundingMode mode_;
  std::vector<Codes> codes_;
  const Node* node_ = nullptr;
  Shape in_, out_;
};

}  // namespace

std::vector<Codes> evaluate_directly(const QuantizedGraph& network, const std::vector<Codes>& inputs) {
  return Evaluator(network, inputs).run();
}

}  // namespace evenshift::compiler

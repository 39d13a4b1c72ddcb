#include "compiler/export/qdq_operators.h"

#include <fmt/format.h>

#include <cmath>

#include "arch/base/check.h"

namespace evenshift::compiler {
namespace {

using Ints = std::vector<std::int64_t>;

Ints pads_of(const Window& w) { return {w.pad_top, w.pad_left, w.pad_bottom, w.pad_right}; }

/// Clips to the real numbers of the ends of a fused activation.
std::string clipped(OnnxWriter& writer, const QdqNode& node, const std::string& value, const Clamp& clamp,
                    const OutputRange& range) {
  if (clamp.is_identity()) return value;
  const double scale = node.params(node.node().output).scale;
  const auto limit = [&](bool is_finite, std::int32_t code, const char* suffix) {
    if (!is_finite) return std::string();
    return writer.floats(node.name() + suffix, {}, {static_cast<float>((code - range.zero_point) * scale)});
  };
  return writer.node("Clip",
                     {value, limit(std::isfinite(clamp.low), range.low, "/low"),
                      limit(std::isfinite(clamp.high), range.high, "/high")},
                     node.name() + "/clamp");
}

/// The range of codes of a value, for fused activations whose quantized operator has none of its own.
OutputRange own_range(const QdqNode& node, const OutputRange& range) {
  OutputRange own = range;
  own.zero_point = node.params(node.node().output).zero_point;
  return own;
}

class OperatorWriter {
 public:
  OperatorWriter(OnnxWriter& writer, const QdqNode& node) : writer_(writer), node_(node) {}

  std::string operator()(const Conv& conv) const {
    const auto& q = std::get<QuantizedConv>(node_.quantized());
    const QuantParams& input = node_.params(node_.node().inputs[0]);
    const std::vector<float> steps = weight_steps(node_);
    const std::int64_t channels = conv.output_channels;
    const std::size_t row = q.weights.size() / steps.size();
    const Window& w = conv.window;
    const Ints dimensions{channels, static_cast<std::int64_t>(row) / (w.kernel_height * w.kernel_width),
                          w.kernel_height, w.kernel_width};
    std::vector<std::int32_t> bias;
    std::vector<float> bias_steps;
    for (std::size_t c = 0; c < steps.size(); ++c) {
      std::int64_t code = q.bias[c];
      for (std::size_t r = c * row; r < (c + 1) * row; ++r) code += std::int64_t{input.zero_point} * q.weights[r];
      bias.push_back(static_cast<std::int32_t>(code));
      bias_steps.push_back(static_cast<float>(input.scale * static_cast<double>(steps[c])));
    }
    const std::string weights = dequantized(writer_.bytes(node_.name() + "/weights", dimensions, q.weights), steps);
    const std::string biases = dequantized(writer_.words(node_.name() + "/bias", {channels}, bias), bias_steps);
    const std::string result = writer_.node("Conv", {node_.inputs[0], weights, biases}, node_.name(),
                                            {{"kernel_shape", Ints{w.kernel_height, w.kernel_width}},
                                             {"strides", Ints{w.stride_height, w.stride_width}},
                                             {"dilations", Ints{w.dilation_height, w.dilation_width}},
                                             {"pads", pads_of(w)},
                                             {"group", conv.groups}});
    return clipped(writer_, node_, result, conv.clamp, q.range);
  }

  std::string operator()(const Add& add) const {
    const auto& q = std::get<QuantizedAdd>(node_.quantized());
    return clipped(writer_, node_, plain(add.subtract ? "Sub" : "Add"), add.clamp, q.range);
  }
  std::string operator()(const Multiply& multiply) const {
    return clipped(writer_, node_, plain("Mul"), multiply.clamp, std::get<QuantizedMultiply>(node_.quantized()).range);
  }
  std::string operator()(const MaxPool& pool) const {
    const Window& w = pool.window;
    return plain("MaxPool", {{"kernel_shape", Ints{w.kernel_height, w.kernel_width}},
                             {"strides", Ints{w.stride_height, w.stride_width}},
                             {"dilations", Ints{w.dilation_height, w.dilation_width}},
                             {"pads", pads_of(w)}});
  }
  std::string operator()(const AveragePool& pool) const {
    const Window& w = pool.window;
    const std::string result = plain("AveragePool", {{"kernel_shape", Ints{w.kernel_height, w.kernel_width}},
                                                     {"strides", Ints{w.stride_height, w.stride_width}},
                                                     {"pads", pads_of(w)},
                                                     {"count_include_pad", std::int64_t{pool.count_padding}}});
    return clipped(writer_, node_, result, pool.clamp,
                   own_range(node_, std::get<QuantizedAveragePool>(node_.quantized()).range));
  }
  std::string operator()(const Activation& activation) const { return function(activation); }
  std::string operator()(const ParametricRelu& relu) const {
    const auto channels = static_cast<std::int64_t>(relu.slope.size());
    return writer_.node("PRelu",
                        {node_.inputs[0], writer_.floats(node_.name() + "/slope", {channels, 1, 1}, relu.slope)},
                        node_.name());
  }
  std::string operator()(const Concat&) const { return plain("Concat", {{"axis", std::int64_t{1}}}); }
  std::string operator()(const Pad& pad) const {
    const std::string pads =
        writer_.integers(node_.name() + "/pads", {0, 0, pad.top, pad.left, 0, 0, pad.bottom, pad.right});
    const std::string value = writer_.floats(node_.name() + "/value", {}, {static_cast<float>(pad.value)});
    return writer_.node("Pad", {node_.inputs[0], pads, value}, node_.name());
  }
  std::string operator()(const Resize& resize) const {
    const std::string rows =
        writer_.node("Gather", {node_.inputs[0], writer_.integers(node_.name() + "/rows", resize.rows)},
                     node_.name() + "/picked_rows", {{"axis", std::int64_t{2}}});
    return writer_.node("Gather", {rows, writer_.integers(node_.name() + "/columns", resize.columns)}, node_.name(),
                        {{"axis", std::int64_t{3}}});
  }
  std::string operator()(const Reshape&) const {
    const Shape& s = node_.network.graph.value(node_.node().output).shape;
    return writer_.node(
        "Reshape", {node_.inputs[0], writer_.integers(node_.name() + "/shape", {1, s.channels, s.height, s.width})},
        node_.name());
  }
  std::string operator()(const Softmax&) const { return plain("Softmax", {{"axis", std::int64_t{1}}}); }
  std::string operator()(const Affine&) const { return impossible(); }
  std::string operator()(const Quantize&) const { return impossible(); }

 private:
  std::string plain(const std::string& type, const OnnxAttributes& attributes = {}) const {
    return writer_.node(type, node_.inputs, node_.name(), attributes);
  }
  [[noreturn]] std::string impossible() const {
    throw InternalError("node '" + node_.name() + "': it is not there after the passes");
  }

  std::string dequantized(const std::string& codes, const std::vector<float>& steps) const {
    const std::string scale = writer_.floats(codes + "/scale", {static_cast<std::int64_t>(steps.size())}, steps);
    return writer_.node("DequantizeLinear", {codes, scale}, codes + "/real", {{"axis", std::int64_t{0}}});
  }

  std::string limits(double low, double high) const {
    const auto limit = [&](double value, const char* suffix) {
      return std::isfinite(value) ? writer_.floats(node_.name() + suffix, {}, {static_cast<float>(value)})
                                  : std::string();
    };
    if (!std::isfinite(low) && !std::isfinite(high)) return node_.inputs[0];
    return writer_.node("Clip", {node_.inputs[0], limit(low, "/low"), limit(high, "/high")}, node_.name());
  }

  /// x times a function of x.
  std::string gate(const std::string& type, const OnnxAttributes& attributes = {}) const {
    const std::string factor = writer_.node(type, node_.inputs, node_.name() + "/gate", attributes);
    return writer_.node("Mul", {node_.inputs[0], factor}, node_.name());
  }

  std::string function(const Activation& a) const {
    const auto alpha = static_cast<float>(a.alpha), beta = static_cast<float>(a.beta);
    switch (a.function) {
      case Function::clamp:
        return limits(a.alpha, a.beta);
      case Function::leaky_relu:
        return plain("LeakyRelu", {{"alpha", alpha}});
      case Function::hard_swish:
        return gate("HardSigmoid", {{"alpha", 1.0f / 6}, {"beta", 0.5f}});
      case Function::hard_sigmoid:
        return plain("HardSigmoid", {{"alpha", alpha}, {"beta", beta}});
      case Function::sigmoid:
        return plain("Sigmoid");
      case Function::tanh:
        return plain("Tanh");
      case Function::silu:
        return gate("Sigmoid");
      case Function::elu:
        return plain("Elu", {{"alpha", alpha}});
      case Function::gelu:
        return plain("Gelu");
      case Function::softplus:
        return plain("Softplus");
      case Function::exp:
        return plain("Exp");
      case Function::sqrt:
        return plain("Sqrt");
      case Function::abs:
        return plain("Abs");
      case Function::negate:
        return plain("Neg");
    }
    impossible();
  }

  OnnxWriter& writer_;
  const QdqNode& node_;
};

}  // namespace

std::string add_operator(OnnxWriter& writer, const QdqNode& node) {
  return std::visit(OperatorWriter(writer, node), node.node().op);
}

std::vector<float> weight_steps(const QdqNode& node) {
  const auto& conv = std::get<Conv>(node.node().op);
  const auto& q = std::get<QuantizedConv>(node.quantized());
  if (conv.codes) return {conv.codes->scales.begin(), conv.codes->scales.end()};
  const double unit = node.params(node.node().output).scale / node.params(node.node().inputs[0]).scale;
  const bool has_own = node.network.config.requantizer.requant_scale == RequantScale::channel_multiplier;
  std::vector<float> steps;
  for (const isa::ChannelScale& channel : q.channel_scales) {
    const double multiplier = has_own ? channel.multiplier : q.layer_scale.multiplier;
    const int shift = channel.shift + (has_own ? 0 : q.layer_scale.shift);
    steps.push_back(static_cast<float>(std::ldexp(multiplier, -shift) * unit));
  }
  return steps;
}

}  // namespace evenshift::compiler

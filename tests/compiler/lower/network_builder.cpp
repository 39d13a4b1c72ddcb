#include "tests/compiler/lower/network_builder.h"

#include <algorithm>
#include <cmath>

namespace evenshift::compiler {

Window square_window(std::int64_t kernel, std::int64_t stride, std::int64_t pad, std::int64_t dilation) {
  return {kernel, kernel, stride, stride, dilation, dilation, pad, pad, pad, pad};
}

QuantParams NetworkBuilder::random_params() {
  return {.scale = 0.05, .zero_point = static_cast<std::int32_t>(random_.in(-20, 20)), .bits = 8};
}

OutputRange NetworkBuilder::random_range(std::int32_t zero_point) {
  if (random_.one_in(2)) return {zero_point, -128, 127};
  return {zero_point, static_cast<std::int32_t>(random_.in(-128, -60)), static_cast<std::int32_t>(random_.in(60, 127))};
}

Rescale NetworkBuilder::rescale_near(double scale, int bits) {
  const FixedPointScale fixed = fixed_point_scale(scale, bits);
  return {static_cast<std::int32_t>(fixed.multiplier), fixed.shift};
}

ValueId NetworkBuilder::add_node(Operator op, QuantizedOperator quantized, std::vector<ValueId> inputs, Shape shape,
                                 std::vector<std::int64_t> dimensions) {
  const auto number = std::to_string(network_.graph.nodes.size());
  const ValueId output = network_.graph.add_value("value" + number, shape, std::move(dimensions));
  network_.graph.nodes.push_back({"node" + number, std::move(op), std::move(inputs), output});
  network_.nodes.push_back(std::move(quantized));
  network_.values.push_back(random_params());
  return output;
}

ValueId NetworkBuilder::input(Shape shape) {
  const auto number = std::to_string(network_.graph.inputs.size());
  const ValueId value = network_.graph.add_value("input" + number, shape);
  network_.graph.inputs.push_back(value);
  network_.values.push_back(random_params());
  return value;
}

ValueId NetworkBuilder::conv(ValueId input, const Window& window, std::int64_t output_channels, std::int64_t groups,
                             int weight_bits) {
  const auto& requantizer = network_.config.requantizer;
  const std::int64_t inputs = shape(input).channels / groups;
  const auto reduction = inputs * window.kernel_height * window.kernel_width;
  Conv conv{window, groups, output_channels, {}, {}, {}};
  QuantizedConv quantized;
  quantized.weight_bits = weight_bits;
  const std::int32_t greatest = max_weight_code(weight_bits);
  for (std::int64_t i = 0; i < output_channels * reduction; ++i)
    quantized.weights.push_back(static_cast<std::int8_t>(random_.in(-greatest, greatest)));
  conv.weights.assign(quantized.weights.begin(), quantized.weights.end());
  const double scale = 1.5 / (greatest * std::sqrt(static_cast<double>(reduction)));
  for (std::int64_t c = 0; c < output_channels; ++c) {
    quantized.bias.push_back(static_cast<std::int32_t>(random_.in(-20, 20) / scale));
    isa::ChannelScale channel;
    switch (requantizer.requant_scale) {
      case RequantScale::layer:
        break;
      case RequantScale::layer_with_channel_shift:
        channel.shift =
            static_cast<std::int32_t>(random_.in(0, std::min<std::int64_t>(2, (1 << requantizer.shift_bits) - 1)));
        break;
      case RequantScale::channel_shift_only:
        channel.shift = static_cast<std::int32_t>(random_.in(8, 14));
        break;
      case RequantScale::channel_multiplier: {
        const FixedPointScale own = fixed_point_scale(scale * (1 + static_cast<double>(random_.in(0, 9)) / 10),
                                                      static_cast<int>(requantizer.multiplier_bits));
        channel = {own.multiplier, own.shift};
        break;
      }
    }
    quantized.channel_scales.push_back(channel);
  }
  conv.bias.assign(quantized.bias.begin(), quantized.bias.end());
  quantized.layer_scale = fixed_point_scale(scale, static_cast<int>(requantizer.multiplier_bits));
  Shape out = window_output(shape(input), window);
  out.channels = output_channels;
  const ValueId output = add_node(std::move(conv), {}, {input}, out);
  quantized.range = random_range(params(output).zero_point);
  network_.nodes.back() = std::move(quantized);
  return output;
}

ValueId NetworkBuilder::depthwise(ValueId input, const Window& window, std::int64_t multiplier) {
  const std::int64_t channels = shape(input).channels;
  return conv(input, window, channels * multiplier, channels);
}

ValueId NetworkBuilder::add(ValueId a, ValueId b) {
  const ValueId output = add_node(Add{}, {}, {a, b}, shape(a));
  QuantizedAdd quantized;
  quantized.scales = {params(a).zero_point, params(b).zero_point,
                      static_cast<std::int32_t>(random_.in(1 << 18, 1 << 20)),
                      static_cast<std::int32_t>(random_.in(-(1 << 20), 1 << 20)), 20};
  quantized.range = random_range(params(output).zero_point);
  network_.nodes.back() = quantized;
  return output;
}

ValueId NetworkBuilder::multiply(ValueId a, ValueId b) {
  const ValueId output = add_node(Multiply{}, {}, {a, b}, shape(a));
  QuantizedMultiply quantized;
  quantized.scales = {params(a).zero_point, params(b).zero_point,
                      static_cast<std::int32_t>(random_.in(1 << 18, 1 << 20)), 25};
  quantized.range = random_range(params(output).zero_point);
  network_.nodes.back() = quantized;
  return output;
}

ValueId NetworkBuilder::max_pool(ValueId input, const Window& window) {
  const ValueId output = add_node(MaxPool{window}, QuantizedCopy{}, {input}, window_output(shape(input), window));
  params(output) = params(input);
  return output;
}

ValueId NetworkBuilder::average_pool(ValueId input, const Window& window, bool count_padding) {
  const ValueId output =
      add_node(AveragePool{window, count_padding, {}}, {}, {input}, window_output(shape(input), window));
  QuantizedAveragePool quantized;
  const std::int64_t taps = window.kernel_height * window.kernel_width;
  if (count_padding)
    quantized.by_count.push_back(rescale_near(1.2 / static_cast<double>(taps)));
  else
    for (std::int64_t t = 1; t <= taps; ++t) quantized.by_count.push_back(rescale_near(1.2 / static_cast<double>(t)));
  quantized.range = random_range(params(output).zero_point);
  network_.nodes.back() = quantized;
  return output;
}

ValueId NetworkBuilder::global_average_pool(ValueId input) {
  Window window;
  window.kernel_height = shape(input).height;
  window.kernel_width = shape(input).width;
  return average_pool(input, window, true);
}

ValueId NetworkBuilder::lookup(ValueId input) {
  QuantizedLookup quantized;
  for (auto& code : quantized.table) code = static_cast<std::int8_t>(random_.in(-128, 127));
  return add_node(Activation{Function::sigmoid, 0, 0}, quantized, {input}, shape(input));
}

ValueId NetworkBuilder::parametric_relu(ValueId input) {
  const auto channels = static_cast<std::size_t>(shape(input).channels);
  const ValueId output = add_node(ParametricRelu{std::vector<float>(channels)}, {}, {input}, shape(input));
  QuantizedParametricRelu quantized;
  quantized.shift = 24;
  quantized.multiplier = static_cast<std::int32_t>(random_.in(1 << 23, 1 << 25));
  for (std::size_t c = 0; c < channels; ++c)
    quantized.negative_multipliers.push_back(static_cast<std::int32_t>(random_.in(-(1 << 22), 1 << 24)));
  quantized.range = random_range(params(output).zero_point);
  network_.nodes.back() = quantized;
  return output;
}

ValueId NetworkBuilder::concat(const std::vector<ValueId>& inputs, const std::vector<bool>& copied) {
  Shape out = shape(inputs.front());
  out.channels = 0;
  QuantizedConcat quantized;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    out.channels += shape(inputs[i]).channels;
    quantized.rescales.push_back(
        copied[i] ? std::nullopt : std::optional(rescale_near(0.5 + static_cast<double>(random_.in(0, 100)) / 100)));
  }
  const ValueId output = add_node(Concat{}, {}, inputs, out);
  quantized.range = random_range(params(output).zero_point);
  network_.nodes.back() = quantized;
  return output;
}

ValueId NetworkBuilder::pad(ValueId input, std::int64_t top, std::int64_t left, std::int64_t bottom,
                            std::int64_t right) {
  Shape out = shape(input);
  out.height += top + bottom;
  out.width += left + right;
  QuantizedCopy quantized{static_cast<std::int8_t>(random_.in(-128, 127))};
  const ValueId output = add_node(Pad{top, left, bottom, right, 0}, quantized, {input}, out);
  params(output) = params(input);
  return output;
}

ValueId NetworkBuilder::resize(ValueId input, std::vector<std::int64_t> rows, std::vector<std::int64_t> columns) {
  const Shape out{shape(input).channels, static_cast<std::int64_t>(rows.size()),
                  static_cast<std::int64_t>(columns.size())};
  const ValueId output = add_node(Resize{std::move(rows), std::move(columns)}, QuantizedCopy{}, {input}, out);
  params(output) = params(input);
  return output;
}

ValueId NetworkBuilder::reshape(ValueId input, std::vector<std::int64_t> dimensions) {
  const Shape out{shape(input).elements(), 1, 1};
  return add_node(Reshape{}, QuantizedCopy{}, {input}, out, std::move(dimensions));
}

ValueId NetworkBuilder::softmax(ValueId input) {
  return add_node(Softmax{}, QuantizedCopy{}, {input}, shape(input), network_.graph.value(input).dimensions);
}

QuantizedGraph NetworkBuilder::take() {
  verify(network_.graph, "the test's builder");
  return std::move(network_);
}

}  // namespace evenshift::compiler

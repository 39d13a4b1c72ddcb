#include "compiler/ir/graph.h"

#include <algorithm>
#include <cmath>

#include "arch/base/check.h"

namespace evenshift::compiler {
namespace {

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

Shape output_shape(const Graph& graph, const Node& node) {
  const auto shape = [&](std::size_t input) { return graph.value(node.inputs.at(input)).shape; };
  return std::visit(
      [&](const auto& op) -> Shape {
        using Op = std::decay_t<decltype(op)>;
        Shape result = shape(0);
        if constexpr (std::is_same_v<Op, Conv>) {
          result = window_output(result, op.window);
          result.channels = op.output_channels;
        } else if constexpr (std::is_same_v<Op, MaxPool> || std::is_same_v<Op, AveragePool>) {
          result = window_output(result, op.window);
        } else if constexpr (std::is_same_v<Op, Concat>) {
          result.channels = 0;
          for (const ValueId input : node.inputs) result.channels += graph.value(input).shape.channels;
        } else if constexpr (std::is_same_v<Op, Pad>) {
          result.height += op.top + op.bottom;
          result.width += op.left + op.right;
        } else if constexpr (std::is_same_v<Op, Resize>) {
          result.height = static_cast<std::int64_t>(op.rows.size());
          result.width = static_cast<std::int64_t>(op.columns.size());
        } else if constexpr (std::is_same_v<Op, Reshape>) {
          result = graph.value(node.output).shape;
        }
        return result;
      },
      node.op);
}

void verify_conv(const Conv& conv, const Shape& input, const std::string& where) {
  check(conv.groups >= 1 && input.channels % conv.groups == 0 && conv.output_channels % conv.groups == 0,
        where + ": channels are no multiple of the groups");
  check_equal(
      static_cast<std::int64_t>(conv.weights.size()),
      conv.output_channels * (input.channels / conv.groups) * conv.window.kernel_height * conv.window.kernel_width,
      where + ": number of weights");
  check_equal(static_cast<std::int64_t>(conv.bias.size()), conv.output_channels, where + ": number of biases");
  if (!conv.codes) return;
  check_equal(conv.codes->weights.size(), conv.weights.size(), where + ": number of weight codes");
  check_equal(conv.codes->scales.size(), conv.bias.size(), where + ": number of weight scales");
  check(conv.codes->bias.empty() || conv.codes->bias.size() == conv.bias.size(), where + ": number of bias codes");
  check_equal(conv.codes->bias_scales.size(), conv.codes->bias.size(), where + ": number of bias scales");
}

/// The second operand has the first one's shape, or one number a channel.
void verify_pair(const Shape& a, const Shape& b, const std::string& where) {
  check(b == a || b == Shape{a.channels, 1, 1},
        fmt::format("{}: operands {} and {}", where, to_string(a), to_string(b)));
}

}  // namespace

std::string to_string(const Shape& shape) {
  return fmt::format("{} x {} x {}", shape.channels, shape.height, shape.width);
}

Shape window_output(const Shape& input, const Window& w) {
  const auto size = [](std::int64_t in, std::int64_t kernel, std::int64_t stride, std::int64_t dilation,
                       std::int64_t pads) {
    const std::int64_t span = in + pads - dilation * (kernel - 1) - 1;
    return span < 0 ? 0 : span / stride + 1;
  };
  return {input.channels,
          size(input.height, w.kernel_height, w.stride_height, w.dilation_height, w.pad_top + w.pad_bottom),
          size(input.width, w.kernel_width, w.stride_width, w.dilation_width, w.pad_left + w.pad_right)};
}

std::string_view to_string(Function function) {
  static constexpr std::string_view kNames[] = {"clamp", "leaky_relu", "hard_swish", "hard_sigmoid", "sigmoid",
                                                "tanh",  "silu",       "elu",        "gelu",         "softplus",
                                                "exp",   "sqrt",       "abs",        "negate"};
  return kNames[static_cast<std::size_t>(function)];
}

double evaluate(const Activation& a, double x) {
  switch (a.function) {
    case Function::clamp:
      return std::min(std::max(x, a.alpha), a.beta);
    case Function::leaky_relu:
      return x >= 0 ? x : a.alpha * x;
    case Function::hard_swish:
      return x * std::clamp(x / 6 + 0.5, 0.0, 1.0);
    case Function::hard_sigmoid:
      return std::clamp(a.alpha * x + a.beta, 0.0, 1.0);
    case Function::sigmoid:
      return sigmoid(x);
    case Function::tanh:
      return std::tanh(x);
    case Function::silu:
      return x * sigmoid(x);
    case Function::elu:
      return x >= 0 ? x : a.alpha * std::expm1(x);
    case Function::gelu:
      return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
    case Function::softplus:
      return x > 30 ? x : std::log1p(std::exp(x));
    case Function::exp:
      return std::exp(x);
    case Function::sqrt:
      return std::sqrt(std::max(x, 0.0));
    case Function::abs:
      return std::abs(x);
    case Function::negate:
      return -x;
  }
  return x;
}

std::string_view kind_of(const Operator& op) {
  if (const auto* conv = std::get_if<Conv>(&op)) {
    const std::int64_t inputs_per_group =
        static_cast<std::int64_t>(conv->weights.size()) /
        std::max<std::int64_t>(1, conv->output_channels * conv->window.kernel_height * conv->window.kernel_width);
    return conv->groups > 1 && inputs_per_group == 1 ? "depthwise_conv" : "conv";
  }
  static constexpr std::string_view kNames[] = {
      "conv",   "affine", "add",    "multiply", "max_pool", "average_pool", "activation", "parametric_relu",
      "concat", "pad",    "resize", "reshape",  "softmax",  "quantize"};
  return kNames[op.index()];
}

bool copies_codes(const Operator& op) {
  return std::holds_alternative<MaxPool>(op) || std::holds_alternative<Resize>(op) || std::holds_alternative<Pad>(op) ||
         std::holds_alternative<Reshape>(op);
}

int ConvCodes::weight_bits() const {
  std::int32_t most = 1;
  for (const std::int8_t code : weights) most = std::max<std::int32_t>(most, std::abs(code));
  int bits = 2;
  while (bits < 8 && max_weight_code(bits) < most) ++bits;
  return bits;
}

ValueId Graph::add_value(std::string value_name, Shape shape, std::vector<std::int64_t> dimensions) {
  if (dimensions.empty()) dimensions = {1, shape.channels, shape.height, shape.width};
  values.push_back({std::move(value_name), shape, std::move(dimensions), std::nullopt});
  return static_cast<ValueId>(values.size()) - 1;
}

std::int64_t Graph::producer(ValueId id) const {
  const auto found = std::ranges::find(nodes, id, &Node::output);
  return found == nodes.end() ? -1 : found - nodes.begin();
}

std::vector<std::int64_t> Graph::consumers(ValueId id) const {
  std::vector<std::int64_t> readers;
  for (std::size_t i = 0; i < nodes.size(); ++i)
    for (const ValueId input : nodes[i].inputs)
      if (input == id) readers.push_back(static_cast<std::int64_t>(i));
  return readers;
}

bool Graph::is_output(ValueId id) const { return std::ranges::find(outputs, id) != outputs.end(); }

std::int64_t macs_of(const Graph& graph, const Node& node) {
  const auto* conv = std::get_if<Conv>(&node.op);
  if (conv == nullptr) return 0;
  const Shape& out = graph.value(node.output).shape;
  return out.height * out.width * static_cast<std::int64_t>(conv->weights.size());
}

void verify(const Graph& graph, std::string_view after) {
  std::vector<bool> known(graph.values.size(), false);
  for (const ValueId input : graph.inputs) known.at(static_cast<std::size_t>(input)) = true;
  for (const Node& node : graph.nodes) {
    const std::string where = fmt::format("after {}: node '{}' ({})", after, node.name, kind_of(node.op));
    check(!node.inputs.empty(), where + ": no input");
    const bool is_pair = std::holds_alternative<Add>(node.op) || std::holds_alternative<Multiply>(node.op);
    if (!std::holds_alternative<Concat>(node.op))
      check_equal(node.inputs.size(), is_pair ? 2u : 1u, where + ": number of inputs");
    for (const ValueId input : node.inputs)
      check(known.at(static_cast<std::size_t>(input)), where + ": an input is not made before it");
    check(!known.at(static_cast<std::size_t>(node.output)), where + ": its output is made twice");
    known[static_cast<std::size_t>(node.output)] = true;
    if (is_pair) verify_pair(graph.value(node.inputs[0]).shape, graph.value(node.inputs[1]).shape, where);
    if (const auto* conv = std::get_if<Conv>(&node.op)) verify_conv(*conv, graph.value(node.inputs[0]).shape, where);
    check_equal(to_string(graph.value(node.output).shape), to_string(output_shape(graph, node)),
                where + ": output shape");
    check_equal(graph.value(node.output).shape.elements() > 0, true, where + ": output has elements");
  }
  for (const ValueId output : graph.outputs)
    check(known.at(static_cast<std::size_t>(output)), fmt::format("after {}: a graph output is not made", after));
}

}  // namespace evenshift::compiler

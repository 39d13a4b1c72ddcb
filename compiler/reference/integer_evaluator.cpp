#include "compiler/reference/integer_evaluator.h"

#include "arch/base/check.h"
#include "arch/numerics/quantization.h"
#include "compiler/reference/integer_operators.h"

namespace evenshift::compiler {
namespace {

/// Calls function(index in (c, y, x) order, index in (y, x, c) order).
template <typename Function>
void for_each_index(const Shape& shape, Function&& function) {
  const auto pixels = static_cast<std::size_t>(shape.height * shape.width);
  const auto channels = static_cast<std::size_t>(shape.channels);
  for (std::size_t c = 0; c < channels; ++c)
    for (std::size_t p = 0; p < pixels; ++p) function(c * pixels + p, p * channels + c);
}

}  // namespace

Codes quantize_tensor(const FloatTensor& tensor, const QuantParams& params) {
  Codes codes(tensor.values.size());
  for_each_index(tensor.shape,
                 [&](std::size_t from, std::size_t to) { codes[to] = quantize(tensor.values[from], params); });
  return codes;
}

FloatTensor dequantize_tensor(const Codes& codes, const Shape& shape, const QuantParams& params) {
  FloatTensor tensor{shape, std::vector<float>(codes.size())};
  for_each_index(shape, [&](std::size_t to, std::size_t from) {
    tensor.values[to] = static_cast<float>(dequantize(codes[from], params));
  });
  return tensor;
}

IntegerEvaluator::IntegerEvaluator(std::shared_ptr<const QuantizedGraph> network, int threads)
    : network_(std::move(network)), threads_(threads) {
  check_equal(network_->nodes.size(), network_->graph.nodes.size(), "quantized nodes of a network");
  check_equal(network_->values.size(), network_->graph.values.size(), "quantization parameters of a network");
}

std::vector<Codes> IntegerEvaluator::run(std::span<const Codes> inputs, const Observer& observer) const {
  const Graph& graph = network_->graph;
  if (inputs.size() != graph.inputs.size())
    fail("network '{}' has {} inputs, and {} were given", graph.name, graph.inputs.size(), inputs.size());
  std::vector<Codes> values(graph.values.size());
  const auto codes_of = [&](ValueId id) -> Codes& { return values[static_cast<std::size_t>(id)]; };
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Value& value = graph.value(graph.inputs[i]);
    if (inputs[i].size() != static_cast<std::size_t>(value.shape.elements()))
      fail("input '{}' of network '{}' is {}, and {} codes were given", value.name, graph.name, to_string(value.shape),
           inputs[i].size());
    codes_of(graph.inputs[i]) = inputs[i];
    if (observer) observer(graph.inputs[i], inputs[i]);
  }

  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    const bool host_computes = std::holds_alternative<Softmax>(node.op) || codes_of(node.inputs[0]).empty();
    if (host_computes) continue;
    const Shape& shape = graph.value(node.output).shape;
    Codes& codes = codes_of(node.output);
    codes.resize(static_cast<std::size_t>(shape.elements()));
    IntegerNode operands{network_->config, threads_, {}, shape, codes};
    for (const ValueId input : node.inputs)
      operands.inputs.push_back(
          {codes_of(input), graph.value(input).shape, network_->values[static_cast<std::size_t>(input)].zero_point});
    const auto* conv = std::get_if<Conv>(&node.op);
    const auto* quantized_conv = std::get_if<QuantizedConv>(&network_->nodes[n]);
    if (conv != nullptr && quantized_conv != nullptr)
      evaluate_conv(*conv, *quantized_conv, operands, node.name);
    else
      evaluate_operator(node.op, network_->nodes[n], operands);
    if (observer) observer(node.output, codes);
  }
  return values;
}

}  // namespace evenshift::compiler

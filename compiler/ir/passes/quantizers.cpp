#include "compiler/ir/passes/quantizers.h"

#include <algorithm>

#include "compiler/ir/passes/graph_edit.h"

namespace evenshift::compiler {
namespace {

const Node* maker_of(const Graph& graph, ValueId value) {
  const std::int64_t producer = graph.producer(value);
  return producer < 0 ? nullptr : &graph.nodes[index_of(producer)];
}

bool is_on_grid(double number, const QuantParams& params) {
  return dequantize(quantize(number, params), params) == number;
}

/// Whether every number of a value is one of the grid's.
bool is_on_grid(const Graph& graph, ValueId value, const QuantParams& params) {
  const Node* maker = maker_of(graph, value);
  if (maker == nullptr) return false;
  if (const auto* quantizer = std::get_if<Quantize>(&maker->op)) return quantizer->params == params;
  if (const auto* pad = std::get_if<Pad>(&maker->op); pad != nullptr && !is_on_grid(pad->value, params)) return false;
  if (!copies_codes(maker->op)) return false;
  return is_on_grid(graph, maker->inputs[0], params);
}

/// quantizer, clamp, the same quantizer: index of the first one.
std::optional<std::size_t> first_around_clamp(const Graph& graph, std::size_t index, const QuantParams& params) {
  const auto clamp = private_producer(graph, index);
  const auto* activation = clamp ? std::get_if<Activation>(&graph.nodes[*clamp].op) : nullptr;
  if (activation == nullptr || activation->function != Function::clamp) return std::nullopt;
  const auto first = private_producer(graph, *clamp);
  const auto* quantizer = first ? std::get_if<Quantize>(&graph.nodes[*first].op) : nullptr;
  return quantizer != nullptr && quantizer->params == params ? first : std::nullopt;
}

/// The values whose codes `value` shares, itself first, up to the one that is computed.
std::vector<ValueId> chain_to_source(const Graph& graph, ValueId value) {
  std::vector<ValueId> chain{value};
  for (const Node* maker = maker_of(graph, value); maker != nullptr && copies_codes(maker->op);
       maker = maker_of(graph, chain.back()))
    chain.push_back(maker->inputs[0]);
  return chain;
}

/// Gives a value and those that share its codes these parameters; false where one of them has others.
bool fix(Graph& graph, const std::vector<ValueId>& chain, const QuantParams& params) {
  for (const ValueId value : chain)
    if (graph.value(value).quant.value_or(params) != params) return false;
  for (const ValueId value : chain) graph.value(value).quant = params;
  return true;
}

}  // namespace

bool drop_quantizers(Graph& graph) {
  bool changed = false;
  for (std::size_t i = 0; i < graph.nodes.size();) {
    const auto* quantizer = std::get_if<Quantize>(&graph.nodes[i].op);
    if (quantizer == nullptr) {
      ++i;
      continue;
    }
    const std::size_t before = graph.nodes.size();
    if (is_on_grid(graph, graph.nodes[i].inputs[0], quantizer->params))
      changed |= bypass(graph, i);
    else if (const auto first = first_around_clamp(graph, i, quantizer->params))
      changed |= bypass(graph, *first);
    if (graph.nodes.size() == before) ++i;
  }
  return changed;
}

void settle_quantizers(Graph& graph) {
  for (std::size_t i = 0; i < graph.nodes.size();) {
    const auto* quantizer = std::get_if<Quantize>(&graph.nodes[i].op);
    if (quantizer == nullptr) {
      ++i;
      continue;
    }
    const QuantParams params = quantizer->params;
    const std::vector<ValueId> chain = chain_to_source(graph, graph.nodes[i].inputs[0]);
    const Node* source = maker_of(graph, chain.back());
    if ((source != nullptr && std::holds_alternative<Softmax>(source->op)) || fix(graph, chain, params)) {
      const ValueId output = graph.nodes[i].output;
      const std::size_t before = graph.nodes.size();
      bypass(graph, i);
      if (graph.nodes.size() == before) graph.value(output).quant = graph.value(chain.front()).quant;
    } else {
      constexpr double kWithoutLimit = std::numeric_limits<double>::infinity();
      graph.nodes[i].op = Activation{Function::clamp, -kWithoutLimit, kWithoutLimit};
      graph.value(graph.nodes[i].output).quant = params;
    }
  }
}

bool is_quantized(const Graph& graph) {
  std::vector<bool> known(graph.values.size(), false);
  for (std::size_t i = 0; i < known.size(); ++i) known[i] = graph.values[i].quant.has_value();
  // Up to the values whose codes are copied, then down to all copies of them; the host's values need none.
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node)
    if (copies_codes(node->op) && known[index_of(node->output)]) known[index_of(node->inputs[0])] = true;
  for (const Node& node : graph.nodes)
    if (std::holds_alternative<Softmax>(node.op) || (copies_codes(node.op) && known[index_of(node.inputs[0])]))
      known[index_of(node.output)] = true;
  const auto is_known = [&](ValueId value) { return known[index_of(value)]; };
  return std::ranges::all_of(graph.inputs, is_known) && std::ranges::all_of(graph.nodes, is_known, &Node::output);
}

}  // namespace evenshift::compiler

#include "compiler/ir/passes/graph_edit.h"

#include <algorithm>
#include <cmath>

#include "arch/base/error.h"

namespace evenshift::compiler {

std::optional<std::size_t> only_consumer(const Graph& graph, ValueId value) {
  if (graph.is_output(value)) return std::nullopt;
  const std::vector<std::int64_t> readers = graph.consumers(value);
  if (readers.size() != 1) return std::nullopt;
  return index_of(readers[0]);
}

std::optional<std::size_t> private_producer(const Graph& graph, std::size_t index, std::size_t input) {
  const ValueId value = graph.nodes[index].inputs[input];
  const std::int64_t producer = graph.producer(value);
  if (producer < 0 || !only_consumer(graph, value)) return std::nullopt;
  return index_of(producer);
}

void merge_into_producer(Graph& graph, std::size_t index) {
  const std::int64_t producer = graph.producer(graph.nodes[index].inputs[0]);
  graph.nodes.at(index_of(producer)).output = graph.nodes[index].output;
  graph.nodes.erase(graph.nodes.begin() + static_cast<std::ptrdiff_t>(index));
}

bool bypass(Graph& graph, std::size_t index) {
  const ValueId from = graph.nodes[index].output, to = graph.nodes[index].inputs[0];
  const auto reader_count = graph.consumers(from).size();
  for (Node& node : graph.nodes)
    for (ValueId& input : node.inputs)
      if (input == from) input = to;
  if (graph.is_output(from)) {
    const bool is_taken = graph.is_output(to) || std::ranges::find(graph.inputs, to) != graph.inputs.end();
    if (is_taken) {
      const bool was_reshape = std::holds_alternative<Reshape>(graph.nodes[index].op);
      graph.nodes[index].op = Reshape{};
      return reader_count > 0 || !was_reshape;
    }
    graph.value(to).name = graph.value(from).name;
    graph.value(to).dimensions = graph.value(from).dimensions;
    std::ranges::replace(graph.outputs, from, to);
  }
  graph.nodes.erase(graph.nodes.begin() + static_cast<std::ptrdiff_t>(index));
  return true;
}

bool remove_dead_nodes(Graph& graph) {
  std::vector<bool> is_read(graph.values.size(), false);
  for (const ValueId output : graph.outputs) is_read[index_of(output)] = true;
  std::vector<bool> is_dead(graph.nodes.size(), false);
  for (std::size_t i = graph.nodes.size(); i-- > 0;) {
    is_dead[i] = !is_read[index_of(graph.nodes[i].output)];
    if (!is_dead[i])
      for (const ValueId input : graph.nodes[i].inputs) is_read[index_of(input)] = true;
  }
  std::vector<Node> kept;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    if (!is_dead[i]) kept.push_back(std::move(graph.nodes[i]));
  const bool changed = kept.size() != graph.nodes.size();
  graph.nodes = std::move(kept);
  return changed;
}

void remove_unused_values(Graph& graph) {
  std::vector<ValueId> renamed(graph.values.size(), -1);
  std::vector<Value> values;
  const auto keep = [&](ValueId& id) {
    ValueId& target = renamed[index_of(id)];
    if (target < 0) {
      target = static_cast<ValueId>(values.size());
      values.push_back(graph.value(id));
    }
    id = target;
  };
  for (ValueId& input : graph.inputs) keep(input);
  for (Node& node : graph.nodes) {
    for (ValueId& input : node.inputs) keep(input);
    keep(node.output);
  }
  for (ValueId& output : graph.outputs) keep(output);
  graph.values = std::move(values);
}

Clamp* clamp_of(Operator& op) {
  return std::visit(
      [](auto& alternative) -> Clamp* {
        if constexpr (requires { alternative.clamp; }) return &alternative.clamp;
        return nullptr;
      },
      op);
}

Clamp composed(const Clamp& inner, const Clamp& outer) {
  const auto apply = [&](double x) { return std::min(std::max(x, outer.low), outer.high); };
  return {apply(inner.low), apply(inner.high)};
}

std::optional<double> uniform(const std::vector<float>& values) {
  if (values.empty() || std::ranges::adjacent_find(values, std::ranges::not_equal_to{}) != values.end())
    return std::nullopt;
  return static_cast<double>(values[0]);
}

void require_finite(const Node& node, const Conv& conv) {
  const auto is_finite = [](float value) { return std::isfinite(value); };
  if (!std::ranges::all_of(conv.weights, is_finite) || !std::ranges::all_of(conv.bias, is_finite))
    fail("node '{}': folding the scales around it makes weights that float cannot hold", node.name);
}

}  // namespace evenshift::compiler

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "arch/base/error.h"
#include "compiler/ir/passes/canonicalize.h"
#include "tests/support/naive_evaluator.h"

namespace evenshift::test {

using namespace compiler;

/// Builds graphs node by node; names count up.
class GraphMaker {
 public:
  ValueId input(const Shape& shape) {
    graph.inputs.push_back(graph.add_value("x" + std::to_string(graph.inputs.size()), shape));
    return graph.inputs.back();
  }
  ValueId add(Operator op, const std::vector<ValueId>& inputs, const Shape& shape) {
    const std::string name = "n" + std::to_string(graph.nodes.size());
    const ValueId output = graph.add_value(name + "_out", shape);
    graph.nodes.push_back({name, std::move(op), inputs, output});
    return output;
  }
  ValueId add(Operator op, ValueId input) { return add(std::move(op), {input}, graph.value(input).shape); }
  ValueId clamp(ValueId input, double low, double high) { return add(Activation{Function::clamp, low, high}, input); }
  ValueId relu(ValueId input) { return clamp(input, 0, std::numeric_limits<double>::infinity()); }
  ValueId conv(ValueId input, std::int64_t outputs, const Window& window = {}, std::int64_t groups = 1) {
    const Shape in = graph.value(input).shape;
    Conv op;
    op.window = window;
    op.groups = groups;
    op.output_channels = outputs;
    op.weights = numbers(outputs * (in.channels / groups) * window.kernel_height * window.kernel_width);
    op.bias = numbers(outputs);
    Shape out = window_output(in, window);
    out.channels = outputs;
    return add(op, {input}, out);
  }
  ValueId affine(ValueId input) {
    const std::int64_t channels = graph.value(input).shape.channels;
    return add(Affine{numbers(channels), numbers(channels)}, input);
  }
  ValueId affine(ValueId input, float scale, float offset) {
    const auto channels = static_cast<std::size_t>(graph.value(input).shape.channels);
    return add(Affine{std::vector<float>(channels, scale), std::vector<float>(channels, offset)}, input);
  }
  ValueId pad(ValueId input, const Pad& op) {
    Shape out = graph.value(input).shape;
    out.height += op.top + op.bottom;
    out.width += op.left + op.right;
    return add(op, {input}, out);
  }
  ValueId pool(ValueId input, const Operator& op, const Window& window) {
    return add(op, {input}, window_output(graph.value(input).shape, window));
  }
  std::vector<float> numbers(std::int64_t count) {
    std::uniform_real_distribution<float> distribution(-1, 1);
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) value = distribution(random_);
    return values;
  }

  Graph graph;

 private:
  std::mt19937 random_{20240611};
};

inline std::vector<std::string> kinds(const Graph& graph) {
  std::vector<std::string> result;
  for (const Node& node : graph.nodes) {
    result.emplace_back(kind_of(node.op));
    if (const auto* activation = std::get_if<Activation>(&node.op)) result.back() = to_string(activation->function);
  }
  return result;
}

/// The canonical form of the maker's graph with these outputs; checks on random inputs that it computes the same.
inline Graph canonical(GraphMaker& maker, const std::vector<ValueId>& outputs) {
  maker.graph.outputs = outputs;
  const Graph result = canonicalize(maker.graph);
  std::vector<Numbers> inputs;
  for (const ValueId input : maker.graph.inputs) {
    const auto values = maker.numbers(maker.graph.value(input).shape.elements());
    inputs.emplace_back();
    for (const float value : values) inputs.back().push_back(4 * static_cast<double>(value));
  }
  const auto before = evaluate_outputs(maker.graph, inputs), after = evaluate_outputs(result, inputs);
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_LE(relative_difference(after[i], before[i]), 1e-5) << "output " << i;
    EXPECT_EQ(result.value(result.outputs[i]).name, maker.graph.value(outputs[i]).name);
    EXPECT_EQ(result.value(result.outputs[i]).dimensions, maker.graph.value(outputs[i]).dimensions);
  }
  return result;
}

inline Window square(std::int64_t kernel, std::int64_t pad = 0, std::int64_t stride = 1) {
  return {kernel, kernel, stride, stride, 1, 1, pad, pad, pad, pad};
}

}  // namespace evenshift::test

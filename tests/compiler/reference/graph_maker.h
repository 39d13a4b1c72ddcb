#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "compiler/ir/graph.h"
#include "compiler/reference/float_tensor.h"

namespace evenshift::compiler {

/// Builds graphs with weights from a seed.
class GraphMaker {
 public:
  explicit GraphMaker(std::uint32_t seed) : random_(seed) { graph.name = "test"; }

  ValueId input(const Shape& shape) {
    graph.inputs.push_back(graph.add_value("input" + std::to_string(graph.inputs.size()), shape));
    return graph.inputs.back();
  }

  ValueId node(Operator op, std::vector<ValueId> inputs, const Shape& out) {
    const std::string name = std::string(kind_of(op)) + std::to_string(graph.nodes.size());
    const ValueId value = graph.add_value(name, out);
    graph.nodes.push_back({name, std::move(op), std::move(inputs), value});
    graph.outputs = {value};
    return value;
  }

  ValueId conv(ValueId in, std::int64_t channels, const Window& window, std::int64_t groups = 1, Clamp clamp = {}) {
    const Shape shape = graph.value(in).shape;
    const std::int64_t taps = shape.channels / groups * window.kernel_height * window.kernel_width;
    Conv op{window, groups, channels, {}, {}, clamp};
    op.weights = numbers(channels * taps, 1.7F / std::sqrt(static_cast<float>(taps)));
    op.bias = numbers(channels, 0.3F);
    Shape out = window_output(shape, window);
    out.channels = channels;
    return node(op, {in}, out);
  }

  std::vector<float> numbers(std::int64_t count, float spread) {
    std::normal_distribution<float> distribution(0, spread);
    std::vector<float> result(static_cast<std::size_t>(count));
    for (float& number : result) number = distribution(random_);
    return result;
  }

  std::vector<FloatTensor> inputs() {
    std::vector<FloatTensor> result;
    for (const ValueId value : graph.inputs)
      result.push_back({graph.value(value).shape, numbers(graph.value(value).shape.elements(), 1)});
    return result;
  }

  std::int64_t choose(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
  }

  Graph graph;

 private:
  std::mt19937 random_;
};

inline Window window(std::int64_t kernel, std::int64_t stride = 1, std::int64_t pad = 0, std::int64_t dilation = 1) {
  return {kernel, kernel, stride, stride, dilation, dilation, pad, pad, pad, pad};
}

}  // namespace evenshift::compiler

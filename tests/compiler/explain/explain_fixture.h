#pragma once

#include <gtest/gtest.h>

#include <limits>
#include <memory>

#include "compiler/explain/explain.h"
#include "sim/functional/functional_executor.h"
#include "tests/compiler/reference/graph_maker.h"

namespace evenshift::compiler {

/// A small classifier: conv, depthwise, pointwise, depthwise, pointwise, pooling, dense; and images for it.
struct SmallNetwork {
  Graph graph;
  Images images;

  [[nodiscard]] CalibrationData data() const {
    return {std::ssize(images), [this](std::int64_t index) { return images[static_cast<std::size_t>(index)]; }};
  }
  Conv& conv(const std::string& name) {
    for (Node& node : graph.nodes)
      if (node.name == name) return std::get<Conv>(node.op);
    throw std::out_of_range(name);
  }
};

inline SmallNetwork small_network(std::size_t images = 24) {
  const Clamp relu{0, std::numeric_limits<double>::infinity()};
  GraphMaker maker(7);
  ValueId value = maker.input({3, 8, 8});
  value = maker.conv(value, 12, window(3, 1, 1), 1, relu);
  value = maker.conv(value, 12, window(3, 1, 1), 12, relu);
  value = maker.conv(value, 16, window(1), 1, relu);
  value = maker.conv(value, 16, window(3, 2, 1), 16, relu);
  value = maker.conv(value, 24, window(1), 1, relu);
  value = maker.node(AveragePool{window(4), false, {}}, {value}, {24, 1, 1});
  maker.conv(value, 10, window(1));
  const std::vector<std::string> names = {"first", "dw1", "pw1", "dw2", "pw2", "pool", "dense"};
  for (std::size_t n = 0; n < names.size(); ++n) maker.graph.nodes[n].name = names[n];
  SmallNetwork network{maker.graph, {}};
  for (std::size_t i = 0; i < images; ++i) network.images.push_back(maker.inputs());
  return network;
}

/// Codes are in (y, x, c) order, numbers in (c, y, x).
inline Outputs run_functional(const image::Image& image, const Images& images) {
  sim::FunctionalExecutor executor(sim::Program::build(image, sim::default_instruction_set()));
  const auto tensor_of = [&](image::TensorRole role) {
    return image.tensors[static_cast<std::size_t>(image.tensors_with(role).at(0))];
  };
  const image::Tensor input = tensor_of(image::TensorRole::input);
  const image::Tensor output = tensor_of(image::TensorRole::output);
  Outputs outputs;
  for (const auto& inputs : images) {
    std::vector<sim::TensorCodes> codes(1);
    const std::int64_t pixels = input.height * input.width;
    for (std::int64_t p = 0; p < pixels; ++p)
      for (std::int64_t c = 0; c < input.channels; ++c)
        codes[0].push_back(
            quantize(static_cast<double>(inputs[0].values[static_cast<std::size_t>(c * pixels + p)]), input.quant));
    const auto result = executor.run(codes);
    std::vector<float> numbers;
    for (const auto code : result[0]) numbers.push_back(static_cast<float>(dequantize(code, output.quant)));
    outputs.push_back(std::move(numbers));
  }
  return outputs;
}

/// The shift equalizer alone, unless a test says otherwise.
struct Machine {
  NpuConfig config;
  CompileOptions options = [] {
    CompileOptions shift;
    shift.equalize = "shift";
    return shift;
  }();
};

inline Explanation explain_small(const SmallNetwork& network, const Machine& machine, int threads = 0) {
  const CalibrationData data = network.data();
  return explain({network.graph, data, {}, 16, machine.config, machine.options, "{}", run_functional},
                 {threads, nullptr, {}});
}

}  // namespace evenshift::compiler

#pragma once

#include <gtest/gtest.h>

#include "compiler/lower/lower.h"
#include "compiler/reference/integer_evaluator.h"
#include "tests/support/golden_executor.h"
#include "tests/support/random_source.h"

namespace evenshift::compiler {

inline std::vector<Codes> random_inputs(const QuantizedGraph& network, std::uint64_t seed) {
  support::RandomSource random(seed);
  std::vector<Codes> inputs;
  for (const ValueId value : network.graph.inputs) {
    Codes codes(static_cast<std::size_t>(network.graph.value(value).shape.elements()));
    for (auto& code : codes) code = static_cast<std::int8_t>(random.in(-128, 127));
    inputs.push_back(std::move(codes));
  }
  return inputs;
}

/// Codes of every value, by ValueId, as the graph itself says.
inline std::vector<Codes> evaluate(const QuantizedGraph& network, const std::vector<Codes>& inputs) {
  return IntegerEvaluator(std::make_shared<const QuantizedGraph>(network)).run(inputs);
}

/// The value whose codes the host reads for a reshape or softmax; any other value itself.
inline std::size_t machine_value(const Graph& graph, std::size_t value) {
  for (auto node = graph.producer(static_cast<ValueId>(value)); node >= 0;
       node = graph.producer(static_cast<ValueId>(value))) {
    const Node& producer = graph.nodes[static_cast<std::size_t>(node)];
    if (!std::holds_alternative<Reshape>(producer.op) && !std::holds_alternative<Softmax>(producer.op)) break;
    value = static_cast<std::size_t>(producer.inputs[0]);
  }
  return value;
}

/// Runs the image in stream order and compares every tensor, at the moment when its layer has ended, with
/// the evaluation of the graph.
inline void expect_tensors_match(const QuantizedGraph& network, const image::Image& image, std::uint64_t seed) {
  const auto inputs = random_inputs(network, seed);
  const auto expected = evaluate(network, inputs);
  const auto expected_of = [&](const image::Tensor& tensor) -> const Codes& {
    for (std::size_t v = 0; v < expected.size(); ++v)
      if (network.graph.values[v].name == tensor.name) return expected[machine_value(network.graph, v)];
    throw std::logic_error("no value is called " + tensor.name);
  };
  std::size_t compared = 0;
  const auto compare = [&](const image::Tensor& tensor, std::span<const std::uint8_t> dram) {
    const auto actual = sim::read_tensor(tensor, dram);
    const Codes& wanted = expected_of(tensor);
    ASSERT_EQ(actual.size(), wanted.size()) << tensor.name;
    for (std::size_t i = 0; i < actual.size(); ++i)
      ASSERT_EQ(actual[i], wanted[i]) << tensor.name << ", element " << i << " of " << tensor.channels << " x "
                                      << tensor.height << " x " << tensor.width;
    ++compared;
  };
  const auto last_stores = sim::last_store_of_layers(image);
  support::GoldenExecutor executor;
  executor.load(image);
  executor.run(inputs, {.layer_done =
                            [&](std::int64_t layer, std::span<const std::uint8_t> dram) {
                              for (const auto& tensor : image.tensors)
                                if (tensor.layer == layer) compare(tensor, dram);
                            },
                        .accumulator = {}});
  std::size_t stored = 0;
  for (const auto& tensor : image.tensors)
    stored += tensor.layer >= 0 && last_stores[static_cast<std::size_t>(tensor.layer)] >= 0;
  EXPECT_EQ(compared, stored);
}

/// Lowers, runs and compares.
inline Lowered lower_and_compare(const QuantizedGraph& network, std::uint64_t seed, const LowerOptions& options = {}) {
  Lowered lowered = lower(network, "{}", options);
  expect_tensors_match(network, lowered.image, seed);
  return lowered;
}

inline NpuConfig config_with_scratchpad(std::int64_t bytes) {
  NpuConfig config;
  config.scratchpad.size_bytes = bytes;
  return config;
}

}  // namespace evenshift::compiler

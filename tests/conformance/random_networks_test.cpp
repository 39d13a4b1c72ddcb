// Random networks through the compiler: every value as the evaluator of the quantized graph has it, on every executor.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arch/base/error.h"
#include "compiler/compile.h"
#include "compiler/reference/integer_evaluator.h"
#include "tests/conformance/random_graph.h"
#include "tests/conformance/random_images.h"
#include "tests/conformance/trace.h"

namespace evenshift::conformance {
namespace {

constexpr std::uint64_t kNetworks = kSanitized ? 24 : 320;

using compiler::Codes;

/// The value whose codes the host reads for a reshape or softmax; any other value itself.
compiler::ValueId machine_value(const compiler::Graph& graph, compiler::ValueId value) {
  for (auto node = graph.producer(value); node >= 0; node = graph.producer(value)) {
    const compiler::Node& producer = graph.nodes[static_cast<std::size_t>(node)];
    if (!std::holds_alternative<compiler::Reshape>(producer.op) &&
        !std::holds_alternative<compiler::Softmax>(producer.op))
      break;
    value = producer.inputs[0];
  }
  return value;
}

/// What the graph says of every tensor of the image that is in `actual`.
Trace expected_trace(const image::Image& image, const compiler::QuantizedGraph& network,
                     const std::vector<Codes>& codes, const Trace& actual) {
  std::map<std::string, const Codes*> by_name;
  for (std::size_t v = 0; v < codes.size(); ++v)
    by_name[network.graph.values[v].name] =
        &codes[static_cast<std::size_t>(machine_value(network.graph, static_cast<compiler::ValueId>(v)))];
  Trace expected;
  for (const auto& [tensor, unused] : actual.tensors)
    expected.tensors[tensor] = *by_name.at(image.tensors[static_cast<std::size_t>(tensor)].name);
  for (const std::int64_t output : image.tensors_with(image::TensorRole::output))
    expected.outputs.push_back(*by_name.at(image.tensors[static_cast<std::size_t>(output)].name));
  return expected;
}

class NetworkConformance : public testing::TestWithParam<Engine> {};

TEST_P(NetworkConformance, RandomNetworksAsTheGraphSays) {
  const auto executor = GetParam().make();
  std::size_t compiled = 0, tensors = 0;
  for (std::uint64_t seed = 0; seed < kNetworks && !HasFailure(); ++seed) {
    const RandomNetwork network = random_network(seed);
    const auto hint = [&] {
      return fmt::format("{}: to see it again: compile random_network({}), inputs of RandomSource({})\n{}",
                         GetParam().name, seed, seed, to_yaml(network.config));
    };
    std::optional<compiler::Compilation> compilation;
    try {
      compilation = compiler::compile({network.graph, network.ranges}, nullptr, network.config, network.options, "{}");
    } catch (const Error& error) {
      // a machine too small for the network, said as such
      EXPECT_THAT(error.what(), testing::AnyOf(testing::HasSubstr("scratchpad"), testing::HasSubstr("accumulator")))
          << hint();
      continue;
    }
    ++compiled;
    const auto quantized = std::make_shared<const compiler::QuantizedGraph>(std::move(compilation->quantized));
    const image::Image& image = compilation->image;
    const auto inputs = support::random_inputs(image, seed);
    const auto codes = compiler::IntegerEvaluator(quantized).run(inputs);
    executor->load(image);
    const Trace actual = trace_of(image, *executor, inputs);
    EXPECT_EQ(difference(image, expected_trace(image, *quantized, codes, actual), actual), "") << hint();
    const auto last_stores = sim::last_store_of_layers(image);
    std::size_t stored = 0;
    for (const auto& tensor : image.tensors)
      stored += tensor.layer >= 0 && last_stores[static_cast<std::size_t>(tensor.layer)] >= 0;
    EXPECT_EQ(actual.tensors.size(), stored) << hint();
    tensors += stored;
  }
  EXPECT_GT(compiled, kNetworks * 9 / 10);
  EXPECT_GT(tensors, 3 * kNetworks);
}

INSTANTIATE_TEST_SUITE_P(Engines, NetworkConformance, testing::ValuesIn(engines()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace evenshift::conformance

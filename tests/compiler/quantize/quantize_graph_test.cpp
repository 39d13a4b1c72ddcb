#include "compiler/quantize/quantize_graph.h"

#include <gtest/gtest.h>

#include <cmath>

namespace evenshift::compiler {
namespace {

/// One node between values of the given ranges.
QuantizationResult one_node(Operator op, const std::vector<ValueRange>& ranges, Shape shape = {4, 4, 4},
                            Shape output = {4, 4, 4}) {
  Graph graph;
  Node node{"node", std::move(op), {}, -1};
  for (std::size_t i = 0; i + 1 < ranges.size(); ++i) {
    node.inputs.push_back(graph.add_value("in" + std::to_string(i), shape));
    graph.inputs.push_back(node.inputs.back());
  }
  node.output = graph.add_value("out", output);
  graph.outputs = {node.output};
  graph.nodes = {node};
  return quantize_graph(graph, ranges, NpuConfig{}, CompileOptions{});
}

TEST(QuantizeGraph, AddsWithOneCommonShift) {
  const auto result = one_node(Add{}, {{-1, 1}, {-4, 4}, {-5, 5}});
  const auto& op = std::get<QuantizedAdd>(result.graph.nodes[0]);
  for (int a = -128; a <= 127; a += 7)
    for (int b = -128; b <= 127; b += 7) {
      const double real = dequantize(a, result.graph.values[0]) + dequantize(b, result.graph.values[1]);
      const auto code =
          add(static_cast<std::int8_t>(a), static_cast<std::int8_t>(b), op.scales, op.range, RoundingMode::half_up);
      ASSERT_NEAR(code, quantize(real, result.graph.values[2]), 1);
    }
}

TEST(QuantizeGraph, SubtractsAndClamps) {
  const auto result = one_node(Add{true, {0, 6}}, {{-4, 4}, {-4, 4}, {0, 6}});
  const auto& op = std::get<QuantizedAdd>(result.graph.nodes[0]);
  const auto real = [&](std::int8_t a, std::int8_t b) {
    return dequantize(add(a, b, op.scales, op.range, RoundingMode::half_up), result.graph.values[2]);
  };
  EXPECT_NEAR(real(quantize(3, result.graph.values[0]), quantize(1, result.graph.values[1])), 2, 0.05);
  EXPECT_EQ(real(quantize(1, result.graph.values[0]), quantize(3, result.graph.values[1])), 0);
}

TEST(QuantizeGraph, MultipliesWithinACode) {
  const auto result = one_node(Multiply{}, {{-2, 2}, {0, 1}, {-2, 2}});
  const auto& op = std::get<QuantizedMultiply>(result.graph.nodes[0]);
  for (int a = -128; a <= 127; a += 5)
    for (int b = -128; b <= 127; b += 5) {
      const double real = dequantize(a, result.graph.values[0]) * dequantize(b, result.graph.values[1]);
      ASSERT_NEAR(multiply(static_cast<std::int8_t>(a), static_cast<std::int8_t>(b), op.scales, op.range,
                           RoundingMode::half_up),
                  quantize(real, result.graph.values[2]), 1);
    }
}

TEST(QuantizeGraph, TabulatesFunctions) {
  const auto result = one_node(Activation{Function::sigmoid}, {{-8, 8}, {0, 1}});
  const auto& table = std::get<QuantizedLookup>(result.graph.nodes[0]).table;
  for (int code = -128; code <= 127; ++code) {
    const double real = 1 / (1 + std::exp(-dequantize(code, result.graph.values[0])));
    ASSERT_EQ(table[static_cast<std::size_t>(code + 128)], quantize(real, result.graph.values[1]));
  }
}

TEST(QuantizeGraph, AveragesByCountOnlyWherePaddingMakesItDiffer) {
  AveragePool pool;
  pool.window = {2, 2, 2, 2, 1, 1, 0, 0, 0, 0};
  EXPECT_EQ(std::get<QuantizedAveragePool>(one_node(pool, {{0, 1}, {0, 1}}, {4, 4, 4}, {4, 2, 2}).graph.nodes[0])
                .by_count.size(),
            1u);
  pool.window = {3, 3, 1, 1, 1, 1, 1, 1, 1, 1};
  const auto padded = std::get<QuantizedAveragePool>(one_node(pool, {{0, 1}, {0, 1}}).graph.nodes[0]);
  ASSERT_EQ(padded.by_count.size(), 9u);
  for (std::size_t taps = 1; taps <= 9; ++taps)
    EXPECT_NEAR(std::ldexp(padded.by_count[taps - 1].multiplier, -padded.by_count[taps - 1].shift),
                1.0 / static_cast<double>(taps), 1e-9);
  pool.count_padding = true;
  EXPECT_EQ(std::get<QuantizedAveragePool>(one_node(pool, {{0, 1}, {0, 1}}).graph.nodes[0]).by_count.size(), 1u);
}

TEST(QuantizeGraph, ParametricReluHasASlopeAChannel) {
  const auto result = one_node(ParametricRelu{{0.25F, -0.5F, 0, 2}}, {{-1, 1}, {-2, 1}});
  const auto& op = std::get<QuantizedParametricRelu>(result.graph.nodes[0]);
  const double scale = result.graph.values[0].scale / result.graph.values[1].scale;
  EXPECT_NEAR(std::ldexp(op.multiplier, -op.shift), scale, 1e-8);
  EXPECT_NEAR(std::ldexp(op.negative_multipliers[1], -op.shift), -0.5 * scale, 1e-8);
  EXPECT_NEAR(std::ldexp(op.negative_multipliers[3], -op.shift), 2 * scale, 1e-8);
}

}  // namespace
}  // namespace evenshift::compiler

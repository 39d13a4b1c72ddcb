#include "compiler/calibrate/value_params.h"

#include <gtest/gtest.h>

namespace evenshift::compiler {
namespace {

Conv pointwise(std::int64_t inputs, std::int64_t outputs) {
  Conv conv;
  conv.output_channels = outputs;
  conv.weights.assign(static_cast<std::size_t>(inputs * outputs), 0.5F);
  conv.bias.assign(static_cast<std::size_t>(outputs), 0.0F);
  return conv;
}

/// input -> conv a, conv b -> concat -> max_pool
Graph fire() {
  Graph graph;
  const ValueId input = graph.add_value("input", {2, 4, 4});
  graph.inputs = {input};
  const ValueId a = graph.add_value("a", {2, 4, 4});
  const ValueId b = graph.add_value("b", {2, 4, 4});
  const ValueId joined = graph.add_value("joined", {4, 4, 4});
  const ValueId pooled = graph.add_value("pooled", {4, 2, 2});
  graph.nodes = {{"a", pointwise(2, 2), {input}, a},
                 {"b", pointwise(2, 2), {input}, b},
                 {"join", Concat{}, {a, b}, joined},
                 {"pool", MaxPool{{2, 2, 2, 2, 1, 1, 0, 0, 0, 0}}, {joined}, pooled}};
  graph.outputs = {pooled};
  verify(graph, "the test");
  return graph;
}

TEST(ValueParams, AreSharedWhereCodesAreCopied) {
  const auto params = value_params(fire(), {{-1, 1}, {0, 2}, {0, 6}, {0, 6}, {0, 5.9}}, 8);
  EXPECT_EQ(params[1], params[2]);
  EXPECT_EQ(params[2], params[3]);
  EXPECT_EQ(params[3], params[4]);
  EXPECT_EQ(params[4].scale, static_cast<float>(6.0 / 255)) << "the hull of the group";
  EXPECT_NE(params[0], params[1]);
}

TEST(ValueParams, KeepTheirOwnWhereAnotherNodeReadsThem) {
  Graph graph = fire();
  graph.outputs.push_back(graph.add_value("again", {2, 4, 4}));
  graph.nodes.push_back({"again", pointwise(2, 2), {1}, graph.outputs.back()});
  const auto params = value_params(graph, {{-1, 1}, {0, 2}, {0, 6}, {0, 6}, {0, 5.9}, {0, 1}}, 8);
  EXPECT_EQ(params[1].scale, static_cast<float>(2.0 / 255));
  EXPECT_EQ(params[2].scale, static_cast<float>(6.0 / 255));
}

TEST(ValueParams, CoverThePadding) {
  Graph graph;
  graph.inputs = {graph.add_value("input", {1, 2, 2})};
  graph.nodes = {{"pad", Pad{1, 1, 1, 1, -3}, {0}, graph.add_value("padded", {1, 4, 4})}};
  graph.outputs = {1};
  const auto params = value_params(graph, {{0, 1}, {0, 1}}, 8);
  EXPECT_EQ(params[0], params[1]);
  EXPECT_NEAR(dequantize(quantize(-3, params[1]), params[1]), -3, params[1].scale);
}

}  // namespace
}  // namespace evenshift::compiler

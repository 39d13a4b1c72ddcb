#include "compiler/explain/variant.h"

#include <gmock/gmock.h>

#include "compiler/reference/float_evaluator.h"
#include "tests/compiler/explain/explain_fixture.h"

namespace evenshift::compiler {
namespace {

using testing::ElementsAre;

TEST(Variant, WithoutRoundingIsTheFloatNetwork) {
  const SmallNetwork network = small_network(3);
  const Outputs outputs = evaluate({network.graph, {}, CodeRounding::nearest}, network.images, {});
  FloatEvaluator evaluator(std::make_shared<Graph>(network.graph));
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(outputs[i], evaluator.run(network.images[i])[0].values);
}

/// Two branches that are alive at a time, one of them rounded: the other must not be touched.
TEST(Variant, RoundsTheValuesItIsToldTo) {
  Graph graph;
  graph.name = "branches";
  graph.inputs = {graph.add_value("in", {2, 1, 1})};
  const ValueId doubled = graph.add_value("doubled", {2, 1, 1});
  const ValueId sum = graph.add_value("sum", {2, 1, 1});
  graph.nodes = {{"double", Conv{{}, 2, 2, {2, 2}, {0, 0}, {}}, {0}, doubled}, {"add", Add{}, {0, doubled}, sum}};
  graph.outputs = {sum};
  const Images images = {{{{2, 1, 1}, {0.3F, -0.7F}}}};
  std::vector<std::optional<QuantParams>> values(3);
  values[static_cast<std::size_t>(doubled)] = QuantParams{1.0, 0, 8};
  EXPECT_THAT(evaluate({graph, values, CodeRounding::nearest}, images, {})[0],
              ElementsAre(testing::FloatEq(0.3F + 1), testing::FloatEq(-0.7F - 1)));
  EXPECT_THAT(evaluate({graph, values, CodeRounding::down}, images, {})[0],
              ElementsAre(testing::FloatEq(0.3F), testing::FloatEq(-0.7F - 2)));
}

TEST(Variant, CodesEndWhereTheirRangeEnds) {
  for (const CodeRounding rounding : {CodeRounding::nearest, CodeRounding::down}) {
    std::vector<float> values = {-1000, 1000, 0};
    round_to_codes({0.5, 10, 8}, rounding, values);
    EXPECT_THAT(values, ElementsAre(-69, 58.5F, 0));
  }
}

TEST(FirstOutputGraph, LeavesOutSoftmaxAndOtherOutputs) {
  GraphMaker maker(1);
  const ValueId in = maker.input({3, 4, 4});
  const ValueId logits = maker.conv(in, 2, window(4));
  const ValueId other = maker.conv(in, 5, window(1));
  const ValueId classes = maker.node(Softmax{}, {logits}, {2, 1, 1});
  maker.graph.outputs = {classes, other};
  const Graph cut = first_output_graph(maker.graph);
  EXPECT_THAT(cut.outputs, ElementsAre(logits));
  ASSERT_EQ(cut.nodes.size(), 1U);
  EXPECT_EQ(cut.nodes[0].output, logits);
}

}  // namespace
}  // namespace evenshift::compiler

#include "tests/compiler/ir/pass_fixture.h"

namespace evenshift::test {
namespace {

TEST(WindowOutput, RoundsDownAndIsEmptyWhereTheKernelDoesNotFit) {
  EXPECT_EQ(window_output({3, 10, 11}, {3, 3, 2, 2, 1, 1, 0, 1, 0, 1}), (Shape{3, 4, 6}));
  EXPECT_EQ(window_output({3, 10, 11}, {3, 3, 1, 1, 2, 4, 0, 0, 0, 0}), (Shape{3, 6, 3}));
  EXPECT_EQ(window_output({3, 2, 2}, square(3)).elements(), 0);
}

TEST(Activations, ValuesByHand) {
  EXPECT_DOUBLE_EQ(evaluate({Function::hard_swish, 0, 0}, 1), 4.0 / 6);
  EXPECT_DOUBLE_EQ(evaluate({Function::leaky_relu, 0.1, 0}, -2), -0.2);
  EXPECT_DOUBLE_EQ(evaluate({Function::elu, 2, 0}, -1), 2 * (std::exp(-1.0) - 1));
  EXPECT_DOUBLE_EQ(evaluate({Function::hard_sigmoid, 0.2, 0.5}, 1), 0.7);
  EXPECT_NEAR(evaluate({Function::gelu, 0, 0}, 1), 0.8413447460685429, 1e-15);
}

TEST(Verify, RefusesWhatIsNotAGraph) {
  const auto broken = [](auto&& damage) {
    GraphMaker m;
    const ValueId x = m.input({2, 4, 4});
    m.graph.outputs = {m.add(Add{}, {m.conv(x, 2), x}, {2, 4, 4})};
    verify(m.graph, "test");
    damage(m.graph);
    EXPECT_THROW(verify(m.graph, "test"), InternalError);
  };
  broken([](Graph& g) { std::swap(g.nodes[0], g.nodes[1]); });
  broken([](Graph& g) { g.nodes[1].inputs.pop_back(); });
  broken([](Graph& g) { g.nodes[1].output = g.nodes[0].output; });
  broken([](Graph& g) { g.value(g.nodes[0].output).shape.height = 5; });
  broken([](Graph& g) { std::get<Conv>(g.nodes[0].op).bias.push_back(0); });
  broken([](Graph& g) { g.value(g.inputs[0]).shape = {2, 4, 5}; });
  broken([](Graph& g) { g.outputs = {g.add_value("unmade", {1, 1, 1})}; });
}

}  // namespace
}  // namespace evenshift::test

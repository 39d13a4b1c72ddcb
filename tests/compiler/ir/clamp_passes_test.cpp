#include "tests/compiler/ir/pass_fixture.h"

namespace evenshift::test {
namespace {

using testing::ElementsAre;

TEST(FuseClamps, IntoEveryNodeThatHasOne) {
  GraphMaker m;
  const ValueId x = m.input({4, 6, 6});
  const ValueId conv = m.relu(m.conv(x, 4, square(3, 1)));
  const ValueId sum = m.clamp(m.add(Add{}, {conv, x}, {4, 6, 6}), 0, 6);
  const ValueId product = m.clamp(m.add(Multiply{}, {sum, x}, {4, 6, 6}), -1, 1);
  const Window window = square(2, 0, 2);
  const ValueId pool = m.clamp(m.pool(product, AveragePool{window, false, {}}, window), -0.25, 0.25);
  EXPECT_THAT(kinds(canonical(m, {pool})), ElementsAre("conv", "add", "multiply", "average_pool"));
}

TEST(FuseClamps, TwoOfThemAreOneInterval) {
  const auto both = [](double low1, double high1, double low2, double high2) {
    GraphMaker m;
    const ValueId y = m.clamp(m.clamp(m.conv(m.input({2, 3, 3}), 2), low1, high1), low2, high2);
    const Graph graph = canonical(m, {y});
    EXPECT_EQ(graph.nodes.size(), 1u);
    return std::get<Conv>(graph.nodes[0].op).clamp;
  };
  EXPECT_EQ(both(0, 6, -1, 4), (Clamp{0, 4}));
  EXPECT_EQ(both(-1, 1, 0, 6), (Clamp{0, 1}));
  EXPECT_EQ(both(0, 1, 2, 3), (Clamp{2, 2}));
}

TEST(FuseClamps, StaysWhereAnotherNodeReadsTheUnclampedValue) {
  GraphMaker m;
  const ValueId c = m.conv(m.input({4, 5, 5}), 4);
  const ValueId y = m.add(Add{}, {m.relu(c), c}, {4, 5, 5});
  EXPECT_THAT(kinds(canonical(m, {y})), ElementsAre("conv", "clamp", "add"));
}

TEST(HoistClamps, FromBehindPoolingAndConcatenationIntoTheConvs) {
  GraphMaker m;
  const ValueId x = m.input({3, 8, 8});
  const ValueId joined = m.add(Concat{}, {m.conv(x, 2), m.conv(x, 4, square(3, 1))}, {6, 8, 8});
  const ValueId y = m.relu(m.pool(joined, MaxPool{square(3, 1, 2)}, square(3, 1, 2)));
  const Graph graph = canonical(m, {y});
  EXPECT_THAT(kinds(graph), ElementsAre("conv", "conv", "concat", "max_pool"));
  EXPECT_EQ(std::get<Conv>(graph.nodes[1].op).clamp.low, 0);
}

TEST(HoistClamps, ClampsThePaddingToo) {
  GraphMaker m;
  const ValueId padded = m.pad(m.conv(m.input({2, 3, 3}), 2), {1, 1, 0, 0, -3});
  const Graph graph = canonical(m, {m.relu(padded)});
  EXPECT_THAT(kinds(graph), ElementsAre("conv", "pad"));
  EXPECT_EQ(std::get<Pad>(graph.nodes[1].op).value, 0);
}

TEST(HoistClamps, NotOverAnInputOfTheGraph) {
  GraphMaker m;
  const ValueId x = m.input({3, 8, 8});
  const ValueId joined = m.add(Concat{}, {m.conv(x, 2), x}, {5, 8, 8});
  EXPECT_THAT(kinds(canonical(m, {m.relu(joined)})), ElementsAre("conv", "concat", "clamp"));
}

TEST(FuseGates, SiluAndBothFormsOfHardSwish) {
  GraphMaker silu, early, late;
  const Shape shape{4, 3, 3};
  ValueId c = silu.conv(silu.input(shape), 4);
  EXPECT_THAT(
      kinds(canonical(silu, {silu.add(Multiply{}, {silu.add(Activation{Function::sigmoid, 0, 0}, c), c}, shape)})),
      ElementsAre("conv", "silu"));
  // x · (clamp(x + 3, 0, 6) / 6)
  c = early.conv(early.input(shape), 4);
  const ValueId gate = early.affine(early.clamp(early.affine(c, 1, 3), 0, 6), 1.0f / 6, 0);
  EXPECT_THAT(kinds(canonical(early, {early.add(Multiply{}, {c, gate}, shape)})), ElementsAre("conv", "hard_swish"));
  // x · clamp(x + 3, 0, 6), then / 6
  c = late.conv(late.input(shape), 4);
  const ValueId product = late.add(Multiply{}, {c, late.clamp(late.affine(c, 1, 3), 0, 6)}, shape);
  EXPECT_THAT(kinds(canonical(late, {late.affine(product, 1.0f / 6, 0)})), ElementsAre("conv", "hard_swish"));
}

TEST(FuseGates, NotWhereTheGateIsOfAnotherValueOrRead) {
  GraphMaker other, read;
  const Shape shape{4, 3, 3};
  const ValueId x = other.input(shape);
  const ValueId gate = other.add(Activation{Function::sigmoid, 0, 0}, other.conv(x, 4));
  EXPECT_THAT(kinds(canonical(other, {other.add(Multiply{}, {x, gate}, shape)})),
              ElementsAre("conv", "sigmoid", "multiply"));
  const ValueId z = read.input(shape);
  const ValueId seen = read.add(Activation{Function::sigmoid, 0, 0}, z);
  EXPECT_THAT(kinds(canonical(read, {read.add(Multiply{}, {z, seen}, shape), seen})),
              ElementsAre("sigmoid", "multiply"));
}

TEST(FuseGates, AGateStraightBehindAConvIsTheConvsClamp) {
  GraphMaker m;
  const ValueId x = m.input({4, 3, 3});
  const ValueId gate = m.affine(m.clamp(m.affine(m.conv(x, 4), 1, 3), 0, 6), 1.0f / 6, 0);
  const Graph graph = canonical(m, {m.add(Multiply{}, {x, gate}, {4, 3, 3})});
  EXPECT_THAT(kinds(graph), ElementsAre("conv", "multiply"));
}

}  // namespace
}  // namespace evenshift::test

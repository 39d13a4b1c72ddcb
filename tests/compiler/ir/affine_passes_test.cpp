#include "tests/compiler/ir/pass_fixture.h"

namespace evenshift::test {
namespace {

using testing::ElementsAre;

TEST(FoldAffines, IntoTheConvBefore) {
  GraphMaker m;
  const ValueId y = m.affine(m.affine(m.conv(m.input({4, 6, 6}), 6, square(3, 1), 2)));
  EXPECT_THAT(kinds(canonical(m, {y})), ElementsAre("conv"));
}

TEST(FoldAffines, IntoTheConvAfterItOnlyWhereNothingIsPadded) {
  GraphMaker plain, padded, scaled;
  EXPECT_THAT(kinds(canonical(plain, {plain.conv(plain.affine(plain.input({4, 6, 6})), 6, square(3), 2)})),
              ElementsAre("conv"));
  EXPECT_THAT(kinds(canonical(padded, {padded.conv(padded.affine(padded.input({4, 6, 6})), 6, square(3, 1))})),
              ElementsAre("depthwise_conv", "conv"));
  const ValueId x = scaled.input({4, 6, 6});
  const ValueId s = scaled.add(Affine{{1, 2, -3, 4}, {0, 0, 0, 0}}, x);
  EXPECT_THAT(kinds(canonical(scaled, {scaled.conv(s, 6, square(3, 1))})), ElementsAre("conv"));
}

TEST(FoldAffines, StaysWhereTheConvHasOtherReaders) {
  GraphMaker m;
  const ValueId c = m.conv(m.input({4, 5, 5}), 4);
  const ValueId y = m.add(Add{}, {m.affine(c), c}, {4, 5, 5});
  EXPECT_THAT(kinds(canonical(m, {y})), ElementsAre("conv", "depthwise_conv", "add"));
}

TEST(FoldAffines, StaysAtAnOutputsConv) {
  GraphMaker m;
  const ValueId c = m.conv(m.input({4, 5, 5}), 4);
  EXPECT_THAT(kinds(canonical(m, {c, m.affine(c)})), ElementsAre("conv", "depthwise_conv"));
}

TEST(FoldAffines, BehindAClampThatStaysOneInterval) {
  GraphMaker uniform, negative, per_channel, relu;
  const ValueId a = uniform.affine(uniform.clamp(uniform.conv(uniform.input({3, 4, 4}), 3), -0.5, 0.5), 2, 1);
  const Graph folded = canonical(uniform, {a});
  ASSERT_EQ(folded.nodes.size(), 1u);
  EXPECT_EQ(std::get<Conv>(folded.nodes[0].op).clamp, (Clamp{0, 2}));
  const ValueId b = negative.affine(negative.relu(negative.conv(negative.input({3, 4, 4}), 3)), -2, 1);
  EXPECT_THAT(kinds(canonical(negative, {b})), ElementsAre("conv"));
  const ValueId c = per_channel.affine(per_channel.clamp(per_channel.conv(per_channel.input({3, 4, 4}), 3), -0.5, 0.5));
  EXPECT_THAT(kinds(canonical(per_channel, {c})), ElementsAre("conv", "depthwise_conv"));
  const ValueId d = relu.add(Affine{{1, 2, 3}, {0, 0, 0}}, relu.relu(relu.conv(relu.input({3, 4, 4}), 3)));
  EXPECT_THAT(kinds(canonical(relu, {d})), ElementsAre("conv"));
}

TEST(FoldAffines, ThroughAReshapeIntoTheDenseLayer) {
  GraphMaker m;
  const ValueId flat = m.add(Reshape{}, {m.affine(m.input({2, 3, 4}))}, {24, 1, 1});
  const Graph graph = canonical(m, {m.conv(flat, 5)});
  ASSERT_THAT(kinds(graph), ElementsAre("conv"));
  EXPECT_EQ(std::get<Conv>(graph.nodes[0].op).window.kernel_height, 3);
}

TEST(FoldAffines, WeightsThatFloatCannotHoldAreAnError) {
  GraphMaker m;
  const ValueId y = m.affine(m.affine(m.conv(m.input({1, 1, 1}), 1), 3e38f, 0), 3e38f, 0);
  m.graph.outputs = {y};
  EXPECT_THROW(canonicalize(m.graph), Error);
}

TEST(FoldHardSigmoids, IntoAPrivateConvAsAClamp) {
  GraphMaker m;
  const ValueId gate = m.add(Activation{Function::hard_sigmoid, 0.2, 0.5}, m.conv(m.input({3, 1, 1}), 3));
  const Graph graph = canonical(m, {gate});
  ASSERT_THAT(kinds(graph), ElementsAre("conv"));
  EXPECT_EQ(std::get<Conv>(graph.nodes[0].op).clamp, (Clamp{0, 1}));
}

}  // namespace
}  // namespace evenshift::test

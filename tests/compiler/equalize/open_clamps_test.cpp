#include "compiler/equalize/open_clamps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/compiler/equalize/equalize_fixture.h"

namespace evenshift::compiler {
namespace {

using ::testing::ElementsAre;

/// relu6 conv that passes 6, relu6 conv and clamp node that do not, a clamp to [-1, 1].
GraphMaker clamps() {
  GraphMaker maker(1);
  const ValueId a = maker.conv(maker.input({1, 2, 2}), 1, window(1), 1, kRelu6);
  const ValueId b = maker.conv(a, 1, window(1), 1, kRelu6);
  const ValueId c = maker.node(Activation{Function::clamp, 0, 6}, {b}, {1, 2, 2});
  maker.conv(c, 1, window(1), 1, {-1, 1});
  const float weights[] = {10, 0.5F, 1};
  for (std::size_t i = 0; i < 2; ++i) {
    auto& conv = std::get<Conv>(maker.graph.nodes[i].op);
    conv.weights = {weights[i]};
    conv.bias = {0};
  }
  return maker;
}

TEST(OpenClamps, AllOfThem) {
  const GraphMaker maker = clamps();
  const OpenedGraph opened = drop_upper_clamps(maker.graph);
  EXPECT_THAT(opened.nodes,
              ElementsAre(maker.graph.nodes[0].name, maker.graph.nodes[1].name, maker.graph.nodes[2].name));
  EXPECT_EQ(std::get<Conv>(opened.graph.nodes[0].op).clamp, kRelu);
  EXPECT_EQ(std::get<Activation>(opened.graph.nodes[2].op).beta, kRelu.high);
  EXPECT_EQ(std::get<Conv>(opened.graph.nodes[3].op).clamp, (Clamp{-1, 1}));
}

TEST(OpenClamps, ThoseThatNothingPasses) {
  const GraphMaker maker = clamps();
  const Images images = {{{{1, 2, 2}, {1, 0, -1, 0.1F}}}};
  const OpenedGraph opened = drop_unreached_clamps(maker.graph, statistics_of(maker.graph, images));
  EXPECT_THAT(opened.nodes, ElementsAre(maker.graph.nodes[1].name, maker.graph.nodes[2].name));
  EXPECT_EQ(std::get<Conv>(opened.graph.nodes[0].op).clamp, kRelu6);
}

}  // namespace
}  // namespace evenshift::compiler

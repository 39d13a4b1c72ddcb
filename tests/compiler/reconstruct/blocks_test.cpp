#include "compiler/reconstruct/blocks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/reference/float_evaluator.h"
#include "tests/compiler/reference/graph_maker.h"

namespace evenshift::compiler {
namespace {

using ::testing::ElementsAre;

/// Names of the nodes that end blocks.
std::vector<std::string> ends(const Graph& graph, std::int64_t max_convs) {
  std::vector<std::string> names;
  std::size_t next = 0;
  for (const Block& block : cut_into_blocks(graph, max_convs)) {
    EXPECT_GE(block.first_node, next);
    next = block.end_node;
    names.push_back(graph.nodes[block.end_node - 1].name);
  }
  return names;
}

TEST(Blocks, KeepDepthwiseAndPointwiseTogether) {
  GraphMaker maker(1);
  ValueId value = maker.conv(maker.input({3, 8, 8}), 4, window(3, 2, 1));
  for (int i = 0; i < 2; ++i) value = maker.conv(maker.conv(value, 4, window(3, 1, 1), 4), 4, window(1));
  maker.node(AveragePool{window(4, 4), false, {}}, {value}, {4, 1, 1});
  EXPECT_THAT(ends(maker.graph, 2), ElementsAre("conv0", "conv2", "average_pool5"));
  EXPECT_THAT(ends(maker.graph, 1),
              ElementsAre("conv0", "depthwise_conv1", "conv2", "depthwise_conv3", "average_pool5"));
  EXPECT_THAT(ends(maker.graph, 100), ElementsAre("average_pool5"));
}

TEST(Blocks, AreCutNowhereBesideASkipConnection) {
  GraphMaker maker(1);
  const ValueId stem = maker.conv(maker.input({3, 8, 8}), 4, window(3, 1, 1));
  const ValueId expand = maker.conv(stem, 8, window(1));
  const ValueId project = maker.conv(maker.conv(expand, 8, window(3, 1, 1), 8), 4, window(1));
  const ValueId sum = maker.node(Add{}, {stem, project}, {4, 8, 8});
  const ValueId left = maker.conv(sum, 2, window(1));
  const ValueId right = maker.conv(sum, 3, window(3, 1, 1));
  maker.conv(maker.node(Concat{}, {left, right}, {5, 8, 8}), 2, window(1));
  EXPECT_THAT(ends(maker.graph, 1), ElementsAre("conv0", "add4", "concat7", "conv8"));
  const std::vector<Block> blocks = cut_into_blocks(maker.graph, 1);
  EXPECT_THAT(blocks[1].inputs, ElementsAre(stem));
  EXPECT_THAT(blocks[1].outputs, ElementsAre(sum));
  EXPECT_THAT(block_graph(maker.graph, blocks[2]).conv_indices, ElementsAre(4, 5));
}

TEST(Blocks, LeaveTheHostsWorkOutAndKeepEveryOutput) {
  GraphMaker maker(1);
  const ValueId first = maker.conv(maker.input({3, 1, 1}), 4, window(1));
  const ValueId second = maker.conv(first, 4, window(1));
  const ValueId softmax = maker.node(Softmax{}, {second}, {4, 1, 1});
  maker.graph.outputs = {first, softmax};
  const std::vector<Block> blocks = cut_into_blocks(maker.graph, 2);
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_THAT(blocks[0].outputs, ElementsAre(first, second));
  EXPECT_EQ(block_graph(maker.graph, blocks[0]).graph.nodes.size(), 2u);
}

TEST(Footprint, IsNotLocalWhereAllRowsCount) {
  GraphMaker pooled(1);
  const ValueId in = pooled.input({4, 8, 8});
  const ValueId mean = pooled.node(AveragePool{window(8, 8), false, {}}, {in}, {4, 1, 1});
  pooled.node(Multiply{}, {in, mean}, {4, 8, 8});
  EXPECT_FALSE(footprint_of(pooled.graph).is_local);
  GraphMaker whole(1);
  whole.conv(whole.input({4, 8, 8}), 3, window(8));
  EXPECT_FALSE(footprint_of(whole.graph).is_local);
}

TEST(Footprint, BoundsWhatTheEdgesOfACropChange) {
  GraphMaker maker(5);
  const ValueId in = maker.input({2, 32, 32});
  const ValueId strided = maker.conv(in, 4, {3, 3, 2, 2, 1, 1, 0, 0, 1, 1});
  const ValueId depthwise = maker.conv(strided, 4, window(3, 1, 1), 4);
  const ValueId left = maker.conv(depthwise, 3, window(1));
  const ValueId right = maker.conv(depthwise, 3, window(5, 1, 2));
  maker.node(Add{}, {left, right}, {3, 16, 16});
  const Footprint footprint = footprint_of(maker.graph);
  ASSERT_TRUE(footprint.is_local);
  EXPECT_EQ(footprint.stride, 2);
  EXPECT_EQ(footprint.margin, 4);

  // Rows and columns [8, 28) of the input are rows and columns [4, 14) of the output.
  const std::vector<FloatTensor> whole = maker.inputs();
  FloatTensor part{{2, 20, 20}, {}};
  for (std::int64_t c = 0; c < 2; ++c)
    for (std::int64_t y = 8; y < 28; ++y)
      for (std::int64_t x = 8; x < 28; ++x)
        part.values.push_back(whole[0].values[static_cast<std::size_t>((c * 32 + y) * 32 + x)]);
  const FloatTensor all = FloatEvaluator(std::make_shared<Graph>(maker.graph)).run(whole)[0];
  const FloatTensor cropped =
      FloatEvaluator(std::make_shared<Graph>(resized(maker.graph, 20, 20))).run(std::vector{part})[0];
  ASSERT_EQ(cropped.shape, (Shape{3, 10, 10}));
  for (std::int64_t c = 0; c < 3; ++c)
    for (std::int64_t y = footprint.margin; y < 10 - footprint.margin; ++y)
      for (std::int64_t x = footprint.margin; x < 10 - footprint.margin; ++x)
        EXPECT_NEAR(cropped.values[static_cast<std::size_t>((c * 10 + y) * 10 + x)],
                    all.values[static_cast<std::size_t>((c * 16 + y + 4) * 16 + x + 4)], 1e-4);
}

}  // namespace
}  // namespace evenshift::compiler

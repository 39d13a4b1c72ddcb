#include "tests/compiler/ir/pass_fixture.h"

namespace evenshift::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(FoldPads, IntoAllReadersOrNone) {
  GraphMaker all, mixed;
  ValueId p = all.pad(all.input({2, 5, 5}), {0, 1, 2, 1, 0});
  EXPECT_THAT(kinds(canonical(all, {all.conv(p, 3, square(3)), all.conv(p, 2, square(3, 1, 2))})),
              ElementsAre("conv", "conv"));
  p = mixed.pad(mixed.input({2, 5, 5}), {0, 1, 2, 1, 0});
  EXPECT_THAT(kinds(canonical(mixed, {mixed.conv(p, 3, square(3)), mixed.add(Activation{Function::tanh, 0, 0}, p)})),
              ElementsAre("pad", "conv", "tanh"));
}

TEST(FoldPads, AnotherNumberThanZeroStays) {
  GraphMaker m;
  EXPECT_THAT(kinds(canonical(m, {m.conv(m.pad(m.input({2, 5, 5}), {1, 1, 1, 1, 0.5}), 3, square(3))})),
              ElementsAre("pad", "conv"));
}

TEST(FoldPads, IntoAverageThatCountsIt) {
  GraphMaker counted, not_counted;
  const Window window = square(3, 1, 2);
  ValueId p = counted.pad(counted.input({2, 5, 5}), {1, 1, 1, 1, 0});
  const Graph graph = canonical(counted, {counted.pool(p, AveragePool{square(3), false, {}}, square(3))});
  ASSERT_THAT(kinds(graph), ElementsAre("average_pool"));
  EXPECT_TRUE(std::get<AveragePool>(graph.nodes[0].op).count_padding);
  p = not_counted.pad(not_counted.input({2, 5, 5}), {1, 1, 1, 1, 0});
  EXPECT_THAT(kinds(canonical(not_counted, {not_counted.pool(p, AveragePool{window, false, {}}, window)})),
              ElementsAre("pad", "average_pool"));
}

TEST(FoldPads, IntoMaxPoolWhereItNeverWins) {
  const auto with = [](double low, double value) {
    GraphMaker m;
    const ValueId c = m.clamp(m.conv(m.input({2, 5, 5}), 2), low, kInfinity);
    return kinds(canonical(m, {m.pool(m.pad(c, {1, 1, 1, 1, value}), MaxPool{square(3, 0, 2)}, square(3, 0, 2))}));
  };
  EXPECT_THAT(with(0, 0), ElementsAre("conv", "max_pool"));
  EXPECT_THAT(with(-1, 0), ElementsAre("conv", "pad", "max_pool"));
  EXPECT_THAT(with(-kInfinity, -kInfinity), ElementsAre("conv", "max_pool"));
}

TEST(FoldPads, AnInfinityThatStaysIsNamed) {
  GraphMaker m;
  m.graph.outputs = {m.pad(m.input({1, 2, 2}), {1, 1, 1, 1, -kInfinity})};
  try {
    canonicalize(m.graph);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("node 'n0' (pad, input 1 x 2 x 2): a padding with an infinity"));
  }
}

TEST(MoveReshapes, DenseLayersReadTheImage) {
  GraphMaker m;
  const ValueId x = m.conv(m.input({3, 4, 5}), 2, square(2));
  const ValueId flat = m.add(Activation{Function::tanh, 0, 0}, m.add(Reshape{}, {x}, {24, 1, 1}));
  const Graph graph = canonical(m, {m.conv(flat, 7), m.conv(flat, 3)});
  EXPECT_THAT(kinds(graph), ElementsAre("conv", "tanh", "conv", "conv"));
  EXPECT_EQ(std::get<Conv>(graph.nodes[3].op).window, (Window{3, 4}));
}

TEST(MoveReshapes, ChainsThatComeBackVanish) {
  GraphMaker m;
  const ValueId there = m.add(Reshape{}, {m.conv(m.input({3, 4, 5}), 2)}, {5, 8, 1});
  const ValueId back = m.add(Reshape{}, {m.relu(there)}, {2, 4, 5});
  EXPECT_THAT(kinds(canonical(m, {m.conv(back, 2, square(3))})), ElementsAre("conv", "conv"));
}

TEST(MoveReshapes, AtOutputsTheyStay) {
  GraphMaker m;
  const ValueId flat = m.add(Reshape{}, {m.conv(m.input({3, 2, 2}), 2)}, {8, 1, 1});
  EXPECT_THAT(kinds(canonical(m, {m.add(Softmax{}, flat)})), ElementsAre("conv", "reshape", "softmax"));
}

Conv picking(const std::vector<std::size_t>& channels, std::size_t inputs) {
  Conv op;
  op.output_channels = static_cast<std::int64_t>(channels.size());
  op.weights.assign(channels.size() * inputs, 0.0f);
  op.bias.assign(channels.size(), 0.0f);
  for (std::size_t c = 0; c < channels.size(); ++c) op.weights[c * inputs + channels[c]] = 1;
  return op;
}

TEST(FoldSelections, IntoTheConvBeforeAndTheConvsAfter) {
  GraphMaker before, after, shuffled, nothing;
  ValueId x = before.relu(before.conv(before.input({3, 4, 4}), 4, square(3, 1)));
  EXPECT_THAT(kinds(canonical(before, {before.add(picking({3, 0}, 4), {x}, {2, 4, 4})})), ElementsAre("conv"));
  x = after.add(picking({3, 0, 2}, 4), {after.input({4, 4, 4})}, {3, 4, 4});
  EXPECT_THAT(kinds(canonical(after, {after.conv(x, 5), after.conv(x, 2)})), ElementsAre("conv", "conv"));
  x = shuffled.add(picking({3, 0, 2, 1}, 4), {shuffled.input({4, 4, 4})}, {4, 4, 4});
  EXPECT_THAT(kinds(canonical(shuffled, {shuffled.conv(x, 5, square(3, 1))})), ElementsAre("conv"));
  EXPECT_THAT(kinds(canonical(nothing, {nothing.add(picking({0, 1}, 2), nothing.conv(nothing.input({2, 3, 3}), 2))})),
              ElementsAre("conv"));
}

TEST(FoldSelections, StaysBeforeALargerKernelThatWouldGrowAndBeforeGroups) {
  GraphMaker large, grouped;
  ValueId x = large.add(picking({3, 0}, 4), {large.input({4, 4, 4})}, {2, 4, 4});
  EXPECT_THAT(kinds(canonical(large, {large.conv(x, 5, square(3))})), ElementsAre("conv", "conv"));
  x = grouped.add(picking({1, 0}, 2), grouped.input({2, 4, 4}));
  EXPECT_THAT(kinds(canonical(grouped, {grouped.conv(x, 2, square(3), 2)})), ElementsAre("conv", "depthwise_conv"));
}

TEST(RemoveIdentities, OfEveryKind) {
  GraphMaker m;
  ValueId x = m.conv(m.input({2, 3, 4}), 2);
  x = m.affine(x, 1, 0);
  x = m.clamp(x, -kInfinity, kInfinity);
  x = m.pad(x, {});
  x = m.pool(x, MaxPool{}, {});
  x = m.pool(x, AveragePool{}, {});
  x = m.add(Resize{{0, 1, 2}, {0, 1, 2, 3}}, x);
  x = m.add(Concat{}, x);
  EXPECT_THAT(kinds(canonical(m, {x})), ElementsAre("conv"));
}

TEST(RemoveIdentities, AnOutputThatIsAnInputKeepsItsName) {
  GraphMaker m;
  const ValueId x = m.input({2, 3, 4});
  EXPECT_THAT(kinds(canonical(m, {m.affine(x, 1, 0), x})), ElementsAre("reshape"));
}

TEST(RemoveDeadNodes, AndTheirValues) {
  GraphMaker m;
  const ValueId x = m.input({2, 3, 4});
  const ValueId y = m.conv(x, 2);
  m.conv(m.conv(x, 8), 9);
  const Graph graph = canonical(m, {y});
  EXPECT_THAT(kinds(graph), ElementsAre("conv"));
  EXPECT_EQ(graph.values.size(), 2u);
}

TEST(Passes, EachIsVerifiedAndNamed) {
  GraphMaker m;
  const ValueId y = m.conv(m.input({2, 3, 4}), 2);
  m.graph.outputs = {y};
  std::get<Conv>(m.graph.nodes[0].op).weights.pop_back();
  EXPECT_THROW(canonicalize(m.graph), InternalError);
}

/// Random graphs of all that the passes touch: what they compute stays the same.
TEST(Passes, RandomGraphsComputeTheSame) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    GraphMaker m;
    std::mt19937 random(seed);
    const auto pick = [&](std::size_t count) { return static_cast<std::size_t>(random() % count); };
    std::vector<ValueId> values{m.input({4, 8, 8})};
    for (int step = 0; step < 10; ++step) {
      const ValueId x = values[values.size() - 1 - pick(std::min<std::size_t>(2, values.size()))];
      const Shape shape = m.graph.value(x).shape;
      ValueId other = values[pick(values.size())];
      switch (pick(12)) {
        case 0:
        case 1:
          values.push_back(m.conv(x, 4, square(1 + static_cast<std::int64_t>(pick(2)) * 2, 1)));
          break;
        case 2:
          values.push_back(m.affine(x));
          break;
        case 3:
          values.push_back(m.affine(x, 2, pick(2) == 0 ? 0.0f : 0.5f));
          break;
        case 4:
          values.push_back(m.relu(x));
          break;
        case 5:
          values.push_back(m.clamp(x, -0.5, 6));
          break;
        case 6:
          values.push_back(m.pad(x, {1, 0, 0, 1, pick(2) == 0 ? 0.0 : 0.25}));
          break;
        case 7:
          values.push_back(m.pool(x, MaxPool{square(3, 1, 1)}, square(3, 1, 1)));
          break;
        case 8:
          values.push_back(m.pool(x, AveragePool{square(2), false, {}}, square(2)));
          break;
        case 9:
          if (m.graph.value(other).shape != shape) other = x;
          values.push_back(m.add(Add{pick(2) == 0, {}}, {x, other}, shape));
          break;
        case 10:
          values.push_back(m.add(Activation{pick(2) == 0 ? Function::sigmoid : Function::hard_sigmoid, 0.2, 0.5}, x));
          break;
        default:
          values.push_back(m.add(Concat{}, {x, x}, {2 * shape.channels, shape.height, shape.width}));
      }
    }
    const ValueId last = values.back();
    const Shape shape = m.graph.value(last).shape;
    const ValueId dense = m.conv(m.add(Reshape{}, {last}, {shape.elements(), 1, 1}), 3);
    std::vector<ValueId> outputs{dense};
    if (pick(2) == 0) outputs.push_back(values[1 + pick(values.size() - 1)]);
    const Graph graph = canonical(m, outputs);
    for (const Node& node : graph.nodes) EXPECT_FALSE(std::holds_alternative<Affine>(node.op));
    if (HasFailure()) FAIL() << "seed " << seed;
  }
}

}  // namespace
}  // namespace evenshift::test

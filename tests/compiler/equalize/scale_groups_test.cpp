#include "compiler/equalize/scale_groups.h"

#include <gtest/gtest.h>

#include "tests/compiler/equalize/equalize_fixture.h"

namespace evenshift::compiler {
namespace {

/// "producer nodes > reader nodes" of the group of a channel, "1" where it keeps factor 1.
std::string describe(const ScaleGroups& groups, ValueId value, std::int64_t channel) {
  const auto index = groups.group_of(value, channel);
  if (!index) return "1";
  std::string text;
  for (const auto [node, c] : groups.groups()[*index].producers)
    text += std::to_string(node) + "." + std::to_string(c) + " ";
  text += ">";
  for (const auto [node, c] : groups.groups()[*index].readers)
    text += " " + std::to_string(node) + "." + std::to_string(c);
  return text;
}

class Groups : public ::testing::Test {
 protected:
  ValueId conv(ValueId from, std::int64_t channels, Clamp clamp = kRelu, std::int64_t groups = 1) {
    return maker.conv(from, channels, window(1), groups, clamp);
  }
  [[nodiscard]] ScaleGroups groups() const { return {maker.graph, {}, ClampRule::exact}; }

  GraphMaker maker{1};
  ValueId in = maker.input({3, 4, 4});
};

TEST_F(Groups, AreBetweenConvs) {
  const ValueId a = conv(in, 4);           // node 0
  const ValueId b = conv(a, 4, kRelu, 4);  // node 1, depthwise
  const ValueId c = conv(b, 6, kRelu, 2);  // node 2, grouped
  const ValueId out = conv(c, 2);          // node 3
  const ScaleGroups found = groups();
  EXPECT_EQ(describe(found, in, 0), "1");
  EXPECT_EQ(describe(found, a, 3), "0.3 > 1.3");
  EXPECT_EQ(describe(found, b, 3), "1.3 > 2.3");
  EXPECT_EQ(describe(found, c, 5), "2.5 > 3.5");
  EXPECT_EQ(describe(found, out, 0), "1");
  EXPECT_EQ(found.groups().size(), 14u);
  EXPECT_EQ(found.bundles().size(), 3u);
}

TEST_F(Groups, OfAResidualChainAreOne) {
  const ValueId a = conv(in, 4, {});                                    // node 0
  const ValueId b = conv(a, 4, {});                                     // node 1
  const ValueId sum = maker.node(Add{true, kRelu}, {a, b}, {4, 4, 4});  // node 2
  const ValueId pooled = maker.node(AveragePool{window(4), false, {}}, {sum}, {4, 1, 1});
  const ValueId bias = conv(pooled, 4, {});                        // node 4
  const ValueId more = maker.node(Add{}, {sum, bias}, {4, 4, 4});  // broadcast
  conv(more, 2);                                                   // node 6
  const ScaleGroups found = groups();
  for (const ValueId value : {a, b, sum, pooled, bias, more})
    EXPECT_EQ(describe(found, value, 2), "0.2 1.2 4.2 > 1.2 4.2 6.2");
  EXPECT_EQ(found.bundles(), (std::vector<std::vector<std::size_t>>{{0, 1, 2, 3}}));
}

TEST_F(Groups, OfAConcatLieSideBySide) {
  const ValueId a = conv(in, 2);  // node 0
  const ValueId b = conv(in, 3);  // node 1
  const ValueId both = maker.node(Concat{}, {a, b, a}, {7, 4, 4});
  const ValueId pooled = maker.node(MaxPool{window(2, 2)}, {both}, {7, 2, 2});
  conv(pooled, 2);  // node 4
  const ScaleGroups found = groups();
  EXPECT_EQ(describe(found, a, 1), "0.1 > 4.1 4.6");
  EXPECT_EQ(describe(found, pooled, 6), "0.1 > 4.1 4.6");
  EXPECT_EQ(describe(found, both, 4), "1.2 > 4.4");
  EXPECT_EQ(found.bundles().size(), 1u);
  const auto& classes = found.range_classes();
  EXPECT_EQ(classes[static_cast<std::size_t>(a)], classes[static_cast<std::size_t>(b)]);
  EXPECT_EQ(classes[static_cast<std::size_t>(a)], classes[static_cast<std::size_t>(pooled)]);
  EXPECT_NE(classes[static_cast<std::size_t>(a)], classes[static_cast<std::size_t>(in)]);
}

TEST_F(Groups, PassProductsOnOneSide) {
  const ValueId a = conv(in, 2);                                                                  // node 0
  const ValueId gate = maker.node(Activation{Function::sigmoid, 0, 0}, {conv(a, 2)}, {2, 4, 4});  // nodes 1, 2
  const ValueId product = maker.node(Multiply{kRelu}, {gate, a}, {2, 4, 4});                      // node 3
  const ValueId b = conv(product, 2);                                                             // node 4
  const ValueId square = maker.node(Multiply{}, {b, b}, {2, 4, 4});                               // node 5
  conv(square, 2);
  const ScaleGroups found = groups();
  EXPECT_EQ(describe(found, gate, 0), "1");
  EXPECT_EQ(describe(found, product, 0), "0.0 > 1.0 4.0");
  EXPECT_EQ(describe(found, b, 0), "1");
  EXPECT_EQ(describe(found, square, 0), "1");
}

TEST_F(Groups, EndAtWhatIsNotHomogeneous) {
  const std::vector<Operator> keep_one = {Activation{Function::hard_swish, 0, 0},
                                          Activation{Function::elu, 1, 0},
                                          Activation{Function::sqrt, 0, 0},
                                          Pad{0, 0, 0, 0, 1.5},
                                          Reshape{},
                                          Activation{Function::clamp, 0.5, 6}};
  for (const Operator& op : keep_one) {
    GraphMaker local(2);
    const ValueId a = local.conv(local.input({3, 4, 4}), 2, window(1));
    const ValueId b = local.node(op, {a}, {2, 4, 4});
    local.conv(b, 2, window(1));
    EXPECT_TRUE(ScaleGroups(local.graph, {}, ClampRule::exact).groups().empty()) << kind_of(op);
  }
  const std::vector<Operator> pass = {Activation{Function::leaky_relu, 0.1, 0},
                                      Activation{Function::abs, 0, 0},
                                      Activation{Function::negate, 0, 0},
                                      Pad{0, 0, 0, 0, 0},
                                      ParametricRelu{{0.1F, -3.0F}},
                                      Activation{Function::clamp, 0, kRelu.high}};
  for (const Operator& op : pass) {
    GraphMaker local(2);
    const ValueId a = local.conv(local.input({3, 4, 4}), 2, window(1));
    const ValueId b = local.node(op, {a}, {2, 4, 4});
    local.conv(b, 2, window(1));
    EXPECT_EQ(describe(ScaleGroups(local.graph, {}, ClampRule::exact), a, 1), "0.1 > 2.1") << kind_of(op);
  }
}

TEST_F(Groups, LeaveGraphOutputsAlone) {
  const ValueId a = conv(in, 2);
  const ValueId b = conv(a, 2);
  const ValueId c = maker.node(MaxPool{window(1)}, {b}, {2, 4, 4});
  const ValueId d = conv(c, 2);
  maker.graph.outputs = {d, b};
  const ScaleGroups found = groups();
  EXPECT_EQ(describe(found, a, 0), "0.0 > 1.0");
  EXPECT_EQ(describe(found, c, 0), "1");
}

TEST_F(Groups, LeaveValuesWithGivenParametersAlone) {
  const ValueId a = conv(in, 2);  // node 0
  const ValueId b = conv(a, 2);   // node 1
  const ValueId c = maker.node(MaxPool{window(1)}, {b}, {2, 4, 4});
  conv(c, 2);
  maker.graph.value(c).quant = QuantParams{0.5, 3, 8};
  const ScaleGroups found = groups();
  EXPECT_EQ(describe(found, a, 0), "0.0 > 1.0");
  EXPECT_EQ(describe(found, b, 0), "1") << "shares its codes with the pool's";
  EXPECT_EQ(describe(found, c, 0), "1");
}

TEST_F(Groups, TakeTheBoundsOfAllClamps) {
  const ValueId a = conv(in, 2, {0, 6});
  const ValueId b = maker.node(Activation{Function::clamp, 0, 3}, {a}, {2, 4, 4});
  conv(b, 2);
  EXPECT_TRUE(groups().groups().empty()) << "without statistics";
  ActivationStatistics statistics;
  for (std::size_t i = 0; i < maker.graph.values.size(); ++i)
    statistics.values.push_back({{0, 0}, {2, 5}, {1, 1}, {1, 1}});
  statistics.before_clamp = statistics.values;
  const ScaleGroups found(maker.graph, statistics, ClampRule::exact);
  ASSERT_EQ(found.groups().size(), 1u);
  EXPECT_EQ(found.groups()[0].bounds, (FactorBounds{0, 1.5}));
  EXPECT_EQ(describe(found, b, 1), "1") << "cut by the second";
}

}  // namespace
}  // namespace evenshift::compiler

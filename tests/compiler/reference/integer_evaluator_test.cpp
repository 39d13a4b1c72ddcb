#include "compiler/reference/integer_evaluator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "arch/base/error.h"
#include "compiler/quantize/quantize_graph.h"
#include "compiler/reference/float_evaluator.h"
#include "tests/compiler/reference/graph_maker.h"

namespace evenshift::compiler {
namespace {

using ::testing::ElementsAre;

/// A network of one node between values of zero point 0, to be filled in.
QuantizedGraph one_node(Operator op, const std::vector<Shape>& inputs, const Shape& out, QuantizedOperator quantized) {
  QuantizedGraph network;
  Node node{"node", std::move(op), {}, -1};
  for (const Shape& shape : inputs) {
    node.inputs.push_back(network.graph.add_value("in", shape));
    network.graph.inputs.push_back(node.inputs.back());
  }
  node.output = network.graph.add_value("out", out);
  network.graph.outputs = {node.output};
  network.graph.nodes = {node};
  network.values.resize(network.graph.values.size());
  network.nodes = {std::move(quantized)};
  return network;
}

Codes result_of(const QuantizedGraph& network, const std::vector<Codes>& inputs) {
  return IntegerEvaluator(std::make_shared<QuantizedGraph>(network)).run(inputs).back();
}

Window one_row(std::int64_t kernel, std::int64_t stride, std::int64_t before, std::int64_t after) {
  return {1, kernel, 1, stride, 1, 1, 0, before, 0, after};
}

TEST(IntegerEvaluator, ConvPadsWithTheZeroPointAndShiftsByChannel) {
  Conv conv;
  conv.window = one_row(2, 1, 1, 0);
  conv.output_channels = 2;
  QuantizedConv quantized;
  quantized.weights = {1, 2, 3, -1};  // [channel][tap]
  quantized.bias = {100, -100};
  quantized.layer_scale = {1, 1};
  quantized.channel_scales = {{0, 0}, {0, 2}};
  quantized.range = {-3, -128, 60};
  QuantizedGraph network = one_node(conv, {{1, 1, 3}}, {2, 1, 3}, quantized);
  network.values[0].zero_point = 5;
  // Channel 0: (100 + left + 2 · right) / 2 - 3; channel 1: (-100 + 3 · left - right) / 8 - 3; halves up.
  EXPECT_THAT(result_of(network, {{10, 21, -40}}),
              ElementsAre(60, /* -95 / 8 = -11.875 */ -15, 60, /* -91 / 8 = -11.375 */ -14, /* 41 / 2 */ 18,
                          /* 3 / 8 */ -3));
}

TEST(IntegerEvaluator, GroupedConv) {
  Conv conv;
  conv.groups = 2;
  conv.output_channels = 4;
  QuantizedConv quantized;
  quantized.weights = {1, 10, 2, 20, 3, -1, 4, 1};  // [channel][input of the group]
  quantized.bias = {0, 1, 2, 3};
  quantized.layer_scale = {1, 0};
  quantized.channel_scales.resize(4);
  const QuantizedGraph network = one_node(conv, {{4, 1, 1}}, {4, 1, 1}, quantized);
  EXPECT_THAT(result_of(network, {{1, 2, 3, 4}}), ElementsAre(21, 43, 7, 19));
}

TEST(IntegerEvaluator, EveryRequantScale) {
  Conv conv;
  conv.output_channels = 2;
  QuantizedConv quantized;
  quantized.weights = {100, 100};
  quantized.bias = {0, 0};
  quantized.layer_scale = {3, 4};
  QuantizedGraph network = one_node(conv, {{1, 1, 1}}, {2, 1, 1}, quantized);
  const auto with = [&](RequantScale scale, const std::vector<isa::ChannelScale>& channels) {
    network.config.requantizer.requant_scale = scale;
    std::get<QuantizedConv>(network.nodes[0]).channel_scales = channels;
    return result_of(network, {{4}});
  };
  EXPECT_THAT(with(RequantScale::layer, {{}, {}}), ElementsAre(75, 75));
  EXPECT_THAT(with(RequantScale::layer_with_channel_shift, {{0, 1}, {0, 3}}), ElementsAre(38, 9));
  EXPECT_THAT(with(RequantScale::channel_shift_only, {{0, 2}, {0, 5}}), ElementsAre(100, 13));
  EXPECT_THAT(with(RequantScale::channel_multiplier, {{5, 5}, {7, 6}}), ElementsAre(63, 44));
}

TEST(IntegerEvaluator, RefusesAnAccumulatorThatDoesNotFit) {
  Conv conv;
  conv.output_channels = 1;
  QuantizedConv quantized;
  quantized.weights = {1};
  quantized.bias = {32767 - 10};
  quantized.channel_scales.resize(1);
  quantized.layer_scale = {1, 10};
  QuantizedGraph network = one_node(conv, {{1, 1, 1}}, {1, 1, 1}, quantized);
  network.config.conv_core.accumulator_bits = 16;
  EXPECT_THAT(result_of(network, {{10}}), ElementsAre(32));
  EXPECT_THROW(result_of(network, {{11}}), InternalError);
}

TEST(IntegerEvaluator, AddAndMultiplyRepeatAChannelOperand) {
  const std::vector<Shape> shapes = {{2, 1, 2}, {2, 1, 1}};
  EXPECT_THAT(result_of(one_node(Add{}, shapes, {2, 1, 2}, QuantizedAdd{{1, 2, 2, -1, 1}, {4, -5, 127}}),
                        {{1, 2, 3, 40}, {2, 10}}),
              ElementsAre(4, /* (2 - 8) / 2 */ 1, 6, /* (78 - 8) / 2 */ 39));
  EXPECT_THAT(result_of(one_node(Multiply{}, shapes, {2, 1, 2}, QuantizedMultiply{{1, 2, 3, 2}, {0, -128, 100}}),
                        {{1, 2, 3, 40}, {4, 10}}),
              ElementsAre(0, 6, 3, 100));
}

TEST(IntegerEvaluator, AveragePoolChoosesTheScaleByTheTapsInside) {
  const Window w = one_row(3, 2, 1, 1);
  QuantizedAveragePool quantized{2, {{12, 2}, {6, 2}, {4, 2}}, {0, -128, 127}};  // 3, 3 / 2, 1
  QuantizedGraph network = one_node(AveragePool{w, false, {}}, {{1, 1, 4}}, {1, 1, 2}, quantized);
  EXPECT_THAT(result_of(network, {{3, 5, 7, 9}}), ElementsAre(6, 15));
  std::get<QuantizedAveragePool>(network.nodes[0]).by_count = {{4, 2}};
  EXPECT_THAT(result_of(network, {{3, 5, 7, 9}}), ElementsAre(4, 15));
}

TEST(IntegerEvaluator, Copies) {
  EXPECT_THAT(
      result_of(one_node(MaxPool{one_row(2, 2, 1, 1)}, {{2, 1, 2}}, {2, 1, 2}, QuantizedCopy{}), {{-128, 5, -7, -9}}),
      ElementsAre(-128, 5, -7, -9));
  EXPECT_THAT(result_of(one_node(Pad{1, 0, 0, 1, 0}, {{2, 1, 1}}, {2, 2, 2}, QuantizedCopy{9}), {{1, 2}}),
              ElementsAre(9, 9, 9, 9, 1, 2, 9, 9));
  EXPECT_THAT(result_of(one_node(Resize{{1, 0}, {0}}, {{2, 2, 1}}, {2, 2, 1}, QuantizedCopy{}), {{1, 2, 3, 4}}),
              ElementsAre(3, 4, 1, 2));
  // (y, x, c) codes of a 2 x 1 x 3 value are (c, y, x) codes 1 2 3 | 4 5 6.
  EXPECT_THAT(result_of(one_node(Reshape{}, {{2, 1, 3}}, {6, 1, 1}, QuantizedCopy{}), {{1, 4, 2, 5, 3, 6}}),
              ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(result_of(one_node(Reshape{}, {{6, 1, 1}}, {3, 1, 2}, QuantizedCopy{}), {{1, 2, 3, 4, 5, 6}}),
              ElementsAre(1, 3, 5, 2, 4, 6));
}

TEST(IntegerEvaluator, ConcatRescalesWhereItMust) {
  QuantizedConcat quantized{{std::nullopt, Rescale{1, 1}}, {3, -128, 127}};
  QuantizedGraph network = one_node(Concat{}, {{1, 1, 2}, {2, 1, 2}}, {3, 1, 2}, quantized);
  network.values[1].zero_point = -10;
  EXPECT_THAT(result_of(network, {{7, 8}, {10, 20, 31, 40}}), ElementsAre(7, 13, 18, 8, 24, 28));
}

TEST(IntegerEvaluator, LookupAndParametricRelu) {
  QuantizedLookup lookup;
  for (int code = -128; code < 128; ++code)
    lookup.table[static_cast<std::size_t>(code + 128)] = static_cast<std::int8_t>(-1 - code);
  EXPECT_THAT(result_of(one_node(Activation{}, {{3, 1, 1}}, {3, 1, 1}, lookup), {{-128, 0, 127}}),
              ElementsAre(127, -1, -128));

  QuantizedGraph network = one_node(ParametricRelu{{0.5F, -1}}, {{2, 1, 2}}, {2, 1, 2},
                                    QuantizedParametricRelu{4, {2, -4}, 2, {1, -128, 127}});
  network.values[0].zero_point = 10;
  EXPECT_THAT(result_of(network, {{12, 12, 8, 8}}), ElementsAre(3, 3, 0, 3));
}

TEST(IntegerEvaluator, LeavesTheHostsPartOut) {
  QuantizedGraph network = one_node(Softmax{}, {{2, 1, 1}}, {2, 1, 1}, QuantizedCopy{});
  network.graph.nodes.push_back({"flat", Reshape{}, {1}, network.graph.add_value("flat", {1, 2, 1})});
  network.nodes.emplace_back(QuantizedCopy{});
  network.values.resize(3);
  const auto values = IntegerEvaluator(std::make_shared<QuantizedGraph>(network)).run(std::vector<Codes>{{1, 2}});
  EXPECT_THAT(values, ElementsAre(Codes{1, 2}, Codes{}, Codes{}));
}

TEST(IntegerEvaluator, RefusesInputsOfAnotherSize) {
  const auto network = std::make_shared<QuantizedGraph>(one_node(MaxPool{}, {{2, 1, 1}}, {2, 1, 1}, QuantizedCopy{}));
  EXPECT_THROW(static_cast<void>(IntegerEvaluator(network).run({})), Error);
  EXPECT_THROW(static_cast<void>(IntegerEvaluator(network).run(std::vector<Codes>{{1}})), Error);
}

TEST(IntegerEvaluator, TensorsKeepTheirOrder) {
  const FloatTensor tensor{{2, 1, 3}, {0, 0.5F, 1, 10, 20, 1000}};
  const QuantParams params{0.5, 1, 8};
  const Codes codes = quantize_tensor(tensor, params);
  EXPECT_THAT(codes, ElementsAre(1, 21, 2, 41, 3, 127));
  EXPECT_THAT(dequantize_tensor(codes, tensor.shape, params).values, ElementsAre(0, 0.5F, 1, 10, 20, 63));
}

/// A network with every operator, quantized at 8 bits, is close to itself in floats, and the same for any number of
/// threads.
TEST(IntegerEvaluator, FollowsTheFloatNetwork) {
  GraphMaker maker(21);
  const ValueId image = maker.input({3, 16, 16});
  const ValueId a = maker.conv(image, 16, window(3, 1, 1), 1, {0, 6});
  const ValueId b = maker.conv(a, 16, window(3, 1, 1), 16);
  const ValueId c = maker.node(Activation{Function::hard_swish, 0, 0}, {b}, {16, 16, 16});
  const ValueId d = maker.node(Add{}, {a, c}, {16, 16, 16});
  const ValueId e = maker.node(MaxPool{window(3, 2, 1)}, {d}, {16, 8, 8});
  const ValueId f = maker.node(AveragePool{window(3, 2, 1), false, {}}, {d}, {16, 8, 8});
  const ValueId g = maker.node(Concat{}, {e, f}, {32, 8, 8});
  const ValueId h = maker.node(ParametricRelu{maker.numbers(32, 1)}, {g}, {32, 8, 8});
  const ValueId gate = maker.node(AveragePool{window(8), false, {}}, {h}, {32, 1, 1});
  const ValueId i = maker.node(Multiply{}, {h, gate}, {32, 8, 8});
  const ValueId j = maker.node(Pad{1, 1, 1, 1, 0}, {i}, {32, 10, 10});
  maker.conv(j, 10, window(10));
  verify(maker.graph, "the test");

  const auto inputs = maker.inputs();
  std::vector<ValueRange> ranges(maker.graph.values.size());
  std::vector<std::vector<float>> floats(ranges.size());
  FloatEvaluator(std::make_shared<Graph>(maker.graph)).run(inputs, [&](ValueId id, std::span<const float> values) {
    const auto [low, high] = std::ranges::minmax(values);
    ranges[static_cast<std::size_t>(id)] = {low, high};
    floats[static_cast<std::size_t>(id)].assign(values.begin(), values.end());
  });
  const auto network =
      std::make_shared<QuantizedGraph>(quantize_graph(maker.graph, ranges, NpuConfig{}, CompileOptions{}).graph);
  const std::vector<Codes> codes = {quantize_tensor(inputs[0], network->values[0])};
  std::size_t observed = 0;
  const auto values = IntegerEvaluator(network).run(codes, [&](ValueId, const Codes&) { ++observed; });
  EXPECT_EQ(observed, maker.graph.values.size());
  for (std::size_t id = 0; id < values.size(); ++id) {
    const auto real = dequantize_tensor(values[id], maker.graph.values[id].shape, network->values[id]);
    double signal = 0;
    double noise = 0;
    for (std::size_t k = 0; k < real.values.size(); ++k) {
      signal += std::pow(floats[id][k], 2);
      noise += std::pow(floats[id][k] - real.values[k], 2);
    }
    EXPECT_GT(10 * std::log10(signal / noise), 25) << "dB of " << maker.graph.values[id].name;
  }
  EXPECT_EQ(IntegerEvaluator(network, 3).run(codes), values);
}

}  // namespace
}  // namespace evenshift::compiler

#include "compiler/reference/float_evaluator.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <thread>

#include "arch/base/error.h"
#include "tests/compiler/reference/graph_maker.h"
#include "tests/support/naive_evaluator.h"

namespace evenshift::compiler {
namespace {

constexpr Clamp kRelu{0, std::numeric_limits<double>::infinity()};
constexpr Clamp kRelu6{0, 6};

/// Every value of the graph, against the loops, to 1e-5 of the value's greatest magnitude.
void expect_matches_loops(GraphMaker& maker) {
  verify(maker.graph, "the test");
  const auto inputs = maker.inputs();
  std::vector<test::Numbers> numbers;
  for (const FloatTensor& input : inputs) numbers.emplace_back(input.values.begin(), input.values.end());
  const std::vector<test::Numbers> expected = test::evaluate_all(maker.graph, numbers);
  FloatEvaluator evaluator(std::make_shared<Graph>(maker.graph));
  std::size_t seen = 0;
  for (int repeat = 0; repeat < 2; ++repeat) {
    const auto outputs = evaluator.run(inputs, [&](ValueId id, std::span<const float> values) {
      ++seen;
      const test::Numbers& want = expected[static_cast<std::size_t>(id)];
      ASSERT_EQ(values.size(), want.size());
      double magnitude = 1e-3;
      for (const double value : want) magnitude = std::max(magnitude, std::abs(value));
      for (std::size_t i = 0; i < want.size(); ++i)
        ASSERT_NEAR(values[i], want[i], 1e-5 * magnitude)
            << maker.graph.value(id).name << " of " << to_string(maker.graph.value(id).shape) << " at " << i;
    });
    ASSERT_EQ(outputs.size(), 1u);
    EXPECT_EQ(outputs[0].shape, maker.graph.value(maker.graph.outputs[0]).shape);
    EXPECT_EQ(outputs[0].values.size(), static_cast<std::size_t>(outputs[0].shape.elements()));
    EXPECT_EQ(evaluator.run(inputs), outputs) << "without observer";
  }
  EXPECT_EQ(seen, 2 * (maker.graph.nodes.size() + maker.graph.inputs.size()));
}

/// Channel counts around the blocks of the layouts: 1, below, at and above 8 and 16.
class Channels : public ::testing::TestWithParam<std::int64_t> {
 protected:
  GraphMaker maker{static_cast<std::uint32_t>(GetParam())};
  /// A value that a convolution made, so that it has a blocked layout where there is one.
  ValueId blocked(std::int64_t channels, std::int64_t size = 11) {
    return maker.conv(maker.input({5, size, size}), channels, window(3, 1, 1));
  }
};
INSTANTIATE_TEST_SUITE_P(Reference, Channels, ::testing::Values(1, 3, 8, 12, 16, 20, 32, 48));

TEST_P(Channels, Conv) {
  const ValueId in = blocked(GetParam());
  const ValueId a = maker.conv(in, 7, window(1), 1, kRelu6);
  const ValueId b = maker.conv(a, GetParam(), {3, 5, 2, 1, 1, 1, 0, 2, 1, 2}, 1, kRelu);
  maker.conv(b, 24, window(3, 1, 2, 2), 1, {-0.5, 0.75});
  expect_matches_loops(maker);
}

TEST_P(Channels, DepthwiseConv) {
  const ValueId a = maker.conv(blocked(GetParam()), GetParam(), window(3, 2, 1), GetParam(), kRelu6);
  const ValueId b = maker.conv(a, 2 * GetParam(), window(3, 1, 1), GetParam());
  maker.conv(b, 2 * GetParam(), window(3, 1, 2, 2), 2 * GetParam(), kRelu);
  expect_matches_loops(maker);
}

TEST_P(Channels, GroupedConv) {
  const ValueId a = maker.conv(blocked(2 * GetParam()), 6, window(3, 1, 1), 2, kRelu);
  maker.conv(a, 9, window(1), 3);
  expect_matches_loops(maker);
}

TEST_P(Channels, Dense) {
  const ValueId a = maker.conv(maker.input({GetParam() * 37, 1, 1}), GetParam(), window(1), 1, kRelu);
  maker.conv(a, 10, window(1));
  expect_matches_loops(maker);
}

TEST_P(Channels, Affine) {
  const auto add_affine = [&](ValueId in) {
    const Shape shape = maker.graph.value(in).shape;
    return maker.node(Affine{maker.numbers(shape.channels, 1), maker.numbers(shape.channels, 1)}, {in}, shape);
  };
  const ValueId first = add_affine(maker.input({5, 9, 9}));
  add_affine(maker.conv(first, GetParam(), window(3, 1, 1)));
  expect_matches_loops(maker);
}

TEST_P(Channels, AddAndMultiply) {
  const Shape shape{GetParam(), 11, 11};
  const ValueId a = blocked(GetParam());
  const ValueId plain = maker.input(shape);
  const ValueId b = maker.node(Add{false, kRelu}, {a, plain}, shape);
  const ValueId c = maker.node(Add{true, {}}, {plain, b}, shape);
  const ValueId d = maker.node(Multiply{{-1, 1}}, {b, c}, shape);
  const ValueId pooled = maker.node(AveragePool{window(11), false, {}}, {d}, {GetParam(), 1, 1});
  const ValueId gate = maker.conv(pooled, GetParam(), window(1));
  const ValueId e = maker.node(Multiply{}, {d, gate}, shape);
  const ValueId f = maker.node(Add{}, {e, pooled}, shape);
  maker.node(Add{true, kRelu6}, {f, maker.input({GetParam(), 1, 1})}, shape);
  expect_matches_loops(maker);
}

TEST_P(Channels, Pooling) {
  const Window asymmetric{3, 2, 2, 2, 1, 1, 0, 1, 1, 0};
  for (const Window& w : {window(2, 2), window(3, 2, 1), asymmetric, window(11), window(2, 1, 1, 3), window(3, 3, 4)}) {
    const bool has_empty_window = w.pad_top == 4;
    GraphMaker local(7);
    const Shape shape{GetParam(), 11, 11};
    const ValueId in = local.conv(local.input({5, 11, 11}), GetParam(), window(3, 1, 1));
    const Shape out = window_output(shape, w);
    std::vector<ValueId> pooled;
    if (!has_empty_window) pooled.push_back(local.node(MaxPool{w}, {in}, out));
    if (!has_empty_window && w.dilation_height == 1) pooled.push_back(local.node(AveragePool{w, false, {}}, {in}, out));
    if (w.dilation_height == 1) pooled.push_back(local.node(AveragePool{w, true, kRelu}, {in}, out));
    local.node(Concat{}, pooled, {GetParam() * static_cast<std::int64_t>(pooled.size()), out.height, out.width});
    expect_matches_loops(local);
  }
}

TEST_P(Channels, ConcatOfBlockedAndPlain) {
  const ValueId a = blocked(GetParam());
  const ValueId b = maker.input({3, 11, 11});
  const ValueId c = maker.conv(a, 16, window(1));
  const ValueId d = maker.node(Concat{}, {a, b, c, a}, {2 * GetParam() + 19, 11, 11});
  maker.conv(d, 4, window(3));
  expect_matches_loops(maker);
}

TEST_P(Channels, PadAndResize) {
  const ValueId a = maker.node(Pad{1, 2, 3, 0, -0.25}, {blocked(GetParam())}, {GetParam(), 15, 13});
  const ValueId b = maker.conv(a, GetParam(), window(3));
  const ValueId c = maker.node(Resize{{0, 0, 1, 5, 12}, {10, 3, 3, 0}}, {b}, {GetParam(), 5, 4});
  maker.conv(c, 4, window(1));
  expect_matches_loops(maker);
}

TEST_P(Channels, ReshapeAndSoftmax) {
  const ValueId a = blocked(GetParam(), 4);
  const ValueId b = maker.node(Softmax{}, {a}, {GetParam(), 4, 4});
  const ValueId c = maker.node(Reshape{}, {b}, {GetParam() * 16, 1, 1});
  maker.node(Softmax{}, {c}, {GetParam() * 16, 1, 1});
  expect_matches_loops(maker);
}

TEST_P(Channels, ParametricRelu) {
  maker.node(ParametricRelu{maker.numbers(GetParam(), 1)}, {blocked(GetParam())}, {GetParam(), 11, 11});
  expect_matches_loops(maker);
}

TEST_P(Channels, EveryActivation) {
  const std::vector<Activation> activations = {{Function::clamp, -0.5, 1.5}, {Function::leaky_relu, 0.1, 0},
                                               {Function::hard_swish, 0, 0}, {Function::hard_sigmoid, 0.2, 0.5},
                                               {Function::sigmoid, 0, 0},    {Function::tanh, 0, 0},
                                               {Function::silu, 0, 0},       {Function::elu, 0.7, 0},
                                               {Function::gelu, 0, 0},       {Function::softplus, 0, 0},
                                               {Function::exp, 0, 0},        {Function::sqrt, 0, 0},
                                               {Function::abs, 0, 0},        {Function::negate, 0, 0}};
  for (const Activation& activation : activations) {
    SCOPED_TRACE(to_string(activation.function));
    GraphMaker local(3);
    const ValueId in = local.conv(local.input({5, 11, 11}), GetParam(), window(3, 1, 1));
    const ValueId out = local.node(activation, {in}, {GetParam(), 11, 11});
    local.conv(out, 4, window(1));  // would see what a function leaves in channels to spare
    expect_matches_loops(local);
  }
}

TEST(FloatEvaluator, ActivationsOfLargeNumbers) {
  for (const Function function : {Function::sigmoid, Function::tanh, Function::silu, Function::softplus, Function::gelu,
                                  Function::elu, Function::hard_swish}) {
    SCOPED_TRACE(to_string(function));
    Graph graph;
    graph.inputs = {graph.add_value("in", {7, 1, 1})};
    graph.outputs = {graph.add_value("out", {7, 1, 1})};
    const Activation activation{function, 1, 0};
    graph.nodes = {{"f", activation, {0}, 1}};
    const std::vector<float> numbers = {-1000, -90, -20, 0, 20, 90, 1000};
    const auto outputs =
        FloatEvaluator(std::make_shared<Graph>(graph)).run(std::vector<FloatTensor>{{{7, 1, 1}, numbers}});
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const double expected = evaluate(activation, numbers[i]);
      EXPECT_NEAR(outputs[0].values[i], expected, 1e-5 * std::max(1.0, std::abs(expected))) << numbers[i];
    }
  }
}

TEST(FloatEvaluator, AverageOfNothingIsZero) {
  Graph graph;
  graph.inputs = {graph.add_value("in", {1, 1, 2})};
  graph.outputs = {graph.add_value("out", {1, 1, 4})};
  Window w;
  w.pad_left = w.pad_right = 1;
  graph.nodes = {{"pool", AveragePool{w, false, {}}, {0}, 1}};
  const auto outputs =
      FloatEvaluator(std::make_shared<Graph>(graph)).run(std::vector<FloatTensor>{{{1, 1, 2}, {3, 5}}});
  EXPECT_EQ(outputs[0].values, (std::vector<float>{0, 3, 5, 0}));
}

TEST(FloatEvaluator, RandomNetworks) {
  for (std::uint32_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    GraphMaker maker(seed);
    std::vector<ValueId> values = {maker.input({maker.choose(1, 20), maker.choose(6, 14), maker.choose(6, 14)})};
    for (int i = 0; i < 8; ++i) {
      const ValueId in = values[static_cast<std::size_t>(maker.choose(std::max<std::int64_t>(0, i - 2), i))];
      const Shape shape = maker.graph.value(in).shape;
      switch (maker.choose(0, 5)) {
        case 0:
          values.push_back(maker.conv(in, shape.channels, window(3, 1, 1), shape.channels, kRelu6));
          break;
        case 1:
          values.push_back(maker.node(Add{false, kRelu}, {in, in}, shape));
          break;
        case 2:
          values.push_back(maker.node(Activation{Function::silu, 0, 0}, {in}, shape));
          break;
        case 3:
          values.push_back(maker.node(MaxPool{window(3, 1, 1)}, {in}, shape));
          break;
        default:
          values.push_back(maker.conv(in, maker.choose(1, 40), window(1 + 2 * maker.choose(0, 1), 1, 1), 1, kRelu));
      }
    }
    expect_matches_loops(maker);
  }
}

TEST(FloatEvaluator, OutputsInTheGraphsOrder) {
  GraphMaker maker(5);
  const ValueId in = maker.input({3, 4, 4});
  const ValueId a = maker.conv(in, 8, window(1));
  const ValueId b = maker.conv(a, 4, window(1));
  maker.graph.outputs = {b, in, a, b};
  const auto inputs = maker.inputs();
  const auto outputs = FloatEvaluator(std::make_shared<Graph>(maker.graph)).run(inputs);
  ASSERT_EQ(outputs.size(), 4u);
  EXPECT_EQ(outputs[0].shape, (Shape{4, 4, 4}));
  EXPECT_EQ(outputs[1], inputs[0]);
  EXPECT_EQ(outputs[2].shape, (Shape{8, 4, 4}));
  EXPECT_EQ(outputs[3], outputs[0]);
}

TEST(FloatEvaluator, ThreadsThatShareANetworkGiveTheSameBytes) {
  GraphMaker maker(11);
  ValueId value = maker.input({3, 32, 32});
  for (int i = 0; i < 4; ++i) {
    value = maker.conv(value, 24, window(3, 1, 1), 1, kRelu);
    value = maker.conv(value, 24, window(3, 1, 1), 24, kRelu6);
  }
  const auto inputs = maker.inputs();
  const auto network = prepare_float_network(std::make_shared<Graph>(maker.graph));
  const auto expected = FloatEvaluator(network).run(inputs);
  std::vector<std::jthread> threads;
  std::vector<std::vector<FloatTensor>> results(4);
  for (auto& result : results)
    threads.emplace_back([&] {
      FloatEvaluator evaluator(network);
      for (int repeat = 0; repeat < 20; ++repeat) result = evaluator.run(inputs);
    });
  threads.clear();
  for (const auto& result : results) EXPECT_EQ(result, expected);
}

TEST(FloatEvaluator, RefusesInputsOfAnotherShape) {
  GraphMaker maker(1);
  maker.conv(maker.input({3, 8, 8}), 4, window(3));
  FloatEvaluator evaluator(std::make_shared<Graph>(maker.graph));
  EXPECT_THROW(evaluator.run({}), Error);
  EXPECT_THROW(evaluator.run(std::vector<FloatTensor>{{{3, 8, 9}, std::vector<float>(216)}}), Error);
  EXPECT_THROW(evaluator.run(std::vector<FloatTensor>{{{3, 8, 8}, std::vector<float>(3)}}), Error);
}

}  // namespace
}  // namespace evenshift::compiler

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "compiler/reconstruct/conv_gradient.h"
#include "compiler/reconstruct/graph_run.h"
#include "compiler/reference/float_evaluator.h"
#include "compiler/reference/matrix_product.h"
#include "tests/compiler/reference/graph_maker.h"

namespace evenshift::compiler {
namespace {

constexpr std::int64_t kImages = 3;

/// A network around one operator: a pointwise conv makes its input, so that the gradient has to pass through it.
struct OperatorCase {
  const char* name;
  std::function<ValueId(GraphMaker&, ValueId)> add;
};
void PrintTo(const OperatorCase& operator_case, std::ostream* out) { *out << operator_case.name; }

ValueId add_node(GraphMaker& maker, Operator op, std::vector<ValueId> inputs) {
  const Shape shape = maker.graph.value(inputs[0]).shape;
  return maker.node(std::move(op), std::move(inputs), shape);
}

OperatorCase activation(const char* name, Activation op) {
  return {name, [op](GraphMaker& maker, ValueId in) { return add_node(maker, op, {in}); }};
}

OperatorCase conv(const char* name, std::int64_t channels, Window w, std::int64_t groups = 1, Clamp clamp = {}) {
  return {name, [=](GraphMaker& maker, ValueId in) { return maker.conv(in, channels, w, groups, clamp); }};
}

template <typename Op>
OperatorCase pool(const char* name, Op op) {
  return {name, [op](GraphMaker& maker, ValueId in) {
            return maker.node(op, {in}, window_output(maker.graph.value(in).shape, op.window));
          }};
}

/// b of a pair is one number a channel.
template <typename Op>
OperatorCase broadcast(const char* name, Op op) {
  return {name, [op](GraphMaker& maker, ValueId in) {
            const ValueId mean = maker.node(AveragePool{window(6, 6), false, {}}, {in}, {4, 1, 1});
            return add_node(maker, op, {in, mean});
          }};
}

const std::vector<OperatorCase>& operator_cases() {
  static const std::vector<OperatorCase> cases = {
      conv("regular", 5, window(3, 1, 1)),
      conv("strided", 5, {3, 2, 2, 1, 1, 1, 0, 1, 1, 0}),
      conv("dilated", 3, window(3, 1, 2, 2)),
      conv("grouped", 6, window(3, 1, 1), 2),
      conv("pointwise_strided", 5, window(1, 2)),
      conv("depthwise", 4, window(3, 1, 1), 4),
      conv("depthwise_strided", 4, {3, 3, 2, 2, 1, 1, 0, 0, 1, 1}, 4),
      conv("depthwise_stride_3", 4, {2, 5, 3, 3, 1, 1, 1, 2, 0, 2}, 4),
      conv("depthwise_dilated", 4, window(3, 1, 2, 2), 4),
      conv("depthwise_multiplier", 8, window(3, 1, 1), 4),
      conv("whole_input", 7, window(6)),
      conv("clamped", 5, window(3, 1, 1), 1, {-0.5, 0.75}),
      {"add",
       [](GraphMaker& m, ValueId in) {
         return add_node(m, Add{}, {in, m.conv(in, 4, window(1))});
       }},
      {"add_twice",
       [](GraphMaker& m, ValueId in) {
         return add_node(m, Add{}, {in, in});
       }},
      {"subtract",
       [](GraphMaker& m, ValueId in) {
         return add_node(m, Add{true, {-1, 1}}, {m.conv(in, 4, window(1)), in});
       }},
      broadcast("add_channels", Add{}),
      broadcast("subtract_channels", Add{true, {}}),
      {"multiply",
       [](GraphMaker& m, ValueId in) {
         return add_node(m, Multiply{}, {in, m.conv(in, 4, window(1))});
       }},
      broadcast("multiply_channels", Multiply{{-0.3, 0.5}}),
      pool("max_pool", MaxPool{window(3, 2, 1)}),
      pool("average_pool", AveragePool{window(3, 2, 1), false, {}}),
      pool("average_pool_whole_window", AveragePool{window(3, 2, 1), true, {-0.2, 0.4}}),
      {"concat",
       [](GraphMaker& m, ValueId in) {
         const ValueId wide = m.conv(in, 3, window(1));
         return m.node(Concat{}, {in, wide, in}, {11, 6, 6});
       }},
      {"pad",
       [](GraphMaker& m, ValueId in) {
         return m.node(Pad{1, 0, 2, 1, 0.5}, {in}, {4, 9, 7});
       }},
      {"resize",
       [](GraphMaker& m, ValueId in) {
         return m.node(Resize{{0, 0, 3}, {5, 1}}, {in}, {4, 3, 2});
       }},
      {"reshape",
       [](GraphMaker& m, ValueId in) {
         return m.node(Reshape{}, {in}, {144, 1, 1});
       }},
      {"affine",
       [](GraphMaker& m, ValueId in) {
         return add_node(m, Affine{{2, -1, 0.5, 3}, {1, 0, 2, -1}}, {in});
       }},
      {"parametric_relu",
       [](GraphMaker& m, ValueId in) {
         return add_node(m, ParametricRelu{{0.1F, 0, -0.5F, 0.25F}}, {in});
       }},
      activation("clamp", {Function::clamp, -0.5, 0.5}),
      activation("leaky_relu", {Function::leaky_relu, 0.1, 0}),
      activation("hard_swish", {Function::hard_swish, 0, 0}),
      activation("hard_sigmoid", {Function::hard_sigmoid, 0.5, 0.5}),
      activation("sigmoid", {Function::sigmoid, 0, 0}),
      activation("tanh", {Function::tanh, 0, 0}),
      activation("silu", {Function::silu, 0, 0}),
      activation("elu", {Function::elu, 0.7, 0}),
      activation("gelu", {Function::gelu, 0, 0}),
      activation("softplus", {Function::softplus, 0, 0}),
      activation("exp", {Function::exp, 0, 0}),
      {"sqrt",
       [](GraphMaker& m, ValueId in) {
         const ValueId positive = add_node(m, Activation{Function::exp, 0, 0}, {in});
         return add_node(m, Activation{Function::sqrt, 0, 0}, {positive});
       }},
      activation("abs", {Function::abs, 0, 0}),
      activation("negate", {Function::negate, 0, 0}),
  };
  return cases;
}

class Gradients : public ::testing::TestWithParam<OperatorCase> {
 protected:
  void SetUp() override {
    in_ = maker_.input({3, 6, 6});
    GetParam().add(maker_, maker_.conv(in_, 4, window(1)));
    images_ = maker_.numbers(3 * 6 * 6 * kImages, 1);
    parameters_ = parameters_of(maker_.graph);
    factors_ = maker_.numbers(maker_.graph.value(output()).shape.elements() * kImages, 1);
  }
  [[nodiscard]] ValueId output() const { return maker_.graph.outputs[0]; }

  /// Σ factor · output.
  double loss(const std::vector<ConvParameters>& parameters) {
    GraphRun run(maker_.graph, parameters, {}, kImages);
    run.value(in_) = images_;
    run.forward();
    double sum = 0;
    for (std::size_t i = 0; i < factors_.size(); ++i) sum += static_cast<double>(factors_[i]) * run.value(output())[i];
    return sum;
  }

  GraphMaker maker_{7};
  ValueId in_ = -1;
  Floats images_;  ///< (c, image, y, x)
  Floats factors_;
  std::vector<ConvParameters> parameters_;
};

TEST_P(Gradients, AreFiniteDifferences) {
  GraphRun run(maker_.graph, parameters_, {}, kImages);
  run.value(in_) = images_;
  run.forward();
  std::vector<ConvParameters> gradients = zeros_like(parameters_);
  run.backward({{output(), factors_}}, gradients);
  constexpr float kStep = 0x1p-10F;
  const double here = loss(parameters_);
  int smooth = 0;
  int kinks = 0;  // a clamp, an absolute value or a maximum turns within the step
  for (std::size_t conv = 0; conv < parameters_.size(); ++conv)
    for (const auto part : {&ConvParameters::weights, &ConvParameters::bias})
      for (std::size_t i = 0; i < (parameters_[conv].*part).size(); i += i < 16 ? 1 : 5) {
        std::vector<ConvParameters> moved = parameters_;
        (moved[conv].*part)[i] += kStep;
        const double above = (loss(moved) - here) / static_cast<double>(kStep);
        (moved[conv].*part)[i] -= 2 * kStep;
        const double below = (here - loss(moved)) / static_cast<double>(kStep);
        const double tolerance = 0.03 + 0.01 * std::abs(above);
        if (std::abs(above - below) > tolerance) {
          ++kinks;
          continue;
        }
        ++smooth;
        EXPECT_NEAR((gradients[conv].*part)[i], (above + below) / 2, tolerance) << "conv " << conv << " at " << i;
      }
  EXPECT_GE(smooth, kinks);
}

TEST_P(Gradients, StartFromWhatTheFloatEvaluatorComputes) {
  GraphRun run(maker_.graph, parameters_, {}, kImages);
  run.value(in_) = images_;
  run.forward();
  FloatEvaluator evaluator(std::make_shared<Graph>(maker_.graph));
  for (std::int64_t image = 0; image < kImages; ++image) {
    FloatTensor input{{3, 6, 6}, {}};
    for (std::int64_t c = 0; c < 3; ++c)
      for (std::int64_t i = 0; i < 36; ++i)
        input.values.push_back(images_[static_cast<std::size_t>((c * kImages + image) * 36 + i)]);
    const FloatTensor expected = evaluator.run(std::vector<FloatTensor>{input})[0];
    const BatchShape shape = run.shape(output());
    for (std::int64_t i = 0; i < expected.shape.elements(); ++i)
      EXPECT_NEAR(run.value(output())[static_cast<std::size_t>((i / shape.pixels() * kImages + image) * shape.pixels() +
                                                               i % shape.pixels())],
                  expected.values[static_cast<std::size_t>(i)], 1e-4)
          << "image " << image << " at " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Operators, Gradients, ::testing::ValuesIn(operator_cases()),
                         [](const auto& instance) { return std::string(instance.param.name); });

TEST(MultiplyAdd, AddsInTheOrderOfTheDepthOnEveryInstructionSet) {
  // Sizes around the tiles and slices, and both orders in memory.
  GraphMaker maker(3);
  for (const auto& [rows, columns, depth] : {std::tuple(1, 1, 1), std::tuple(8, 32, 256), std::tuple(9, 33, 257),
                                             std::tuple(17, 600, 40), std::tuple(5, 31, 700)}) {
    const Floats a = maker.numbers(rows * depth, 1);
    const Floats b = maker.numbers(columns * depth, 1);
    const Floats start = maker.numbers(rows * columns, 1);
    Floats plain = start;
    Floats turned = start;
    multiply_add({rows, columns, depth}, {a.data(), depth, 1}, {b.data(), 1, depth}, plain.data(), columns);
    Floats a_turned(a.size());
    Floats b_turned(b.size());
    for (int k = 0; k < depth; ++k) {
      for (int m = 0; m < rows; ++m)
        a_turned[static_cast<std::size_t>(k * rows + m)] = a[static_cast<std::size_t>(m * depth + k)];
      for (int n = 0; n < columns; ++n)
        b_turned[static_cast<std::size_t>(k * columns + n)] = b[static_cast<std::size_t>(n * depth + k)];
    }
    multiply_add({rows, columns, depth}, {a_turned.data(), 1, rows}, {b_turned.data(), columns, 1}, turned.data(),
                 columns);
    Floats expected = start;
    for (int m = 0; m < rows; ++m)
      for (int n = 0; n < columns; ++n)
        for (int k = 0; k < depth; ++k)
          expected[static_cast<std::size_t>(m * columns + n)] +=
              a[static_cast<std::size_t>(m * depth + k)] * b[static_cast<std::size_t>(n * depth + k)];
    EXPECT_EQ(plain, expected);
    EXPECT_EQ(turned, expected);
  }
}

TEST(FakeQuantization, GivesCodesAndStopsGradientsOutsideOfThem) {
  GraphMaker maker(1);
  const ValueId in = maker.input({1, 1, 4});
  maker.conv(in, 1, window(1));
  std::vector<ConvParameters> parameters = {{{1}, {0}}};
  const QuantParams params = quant_params_from_range(-1, 1, 4);
  const std::vector<QuantParams> quantization(2, params);
  GraphRun run(maker.graph, parameters, quantization, 1);
  run.value(in) = {-3, -0.3F, 0.44F, 5};
  run.forward();
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_FLOAT_EQ(run.value(maker.graph.outputs[0])[i],
                    static_cast<float>(dequantize(quantize(run.value(in)[i], params), params)));
  std::vector<ConvParameters> gradients = zeros_like(parameters);
  run.backward({{maker.graph.outputs[0], {1, 1, 1, 1}}}, gradients);
  EXPECT_FLOAT_EQ(gradients[0].weights[0], -0.3F + 0.44F);
  EXPECT_FLOAT_EQ(gradients[0].bias[0], 2);
}

}  // namespace
}  // namespace evenshift::compiler

// Shapes, orders of axes, index maps and constants.
#include "tests/compiler/import/import_fixture.h"

namespace evenshift::test {
namespace {

using compiler::Graph;
using compiler::Resize;
using compiler::Shape;
using Ints = std::vector<std::int64_t>;
using testing::ElementsAre;
using testing::HasSubstr;

class LayoutTest : public ImportTest {
 protected:
  [[nodiscard]] Resize only_resize(const OnnxBuilder& model) const {
    const Graph graph = import(model);
    EXPECT_EQ(graph.nodes.size(), 1u);
    return std::get<Resize>(graph.nodes.at(0).op);
  }
};

TEST_F(LayoutTest, InputsAndTheirShapes) {
  OnnxBuilder image, sequence, vector;
  image.input("x", {0, 3, 4, 5}).node("Relu", {"x"}, {"y"}).output("y");
  sequence.input("x", {1, 3, 7}).node("Relu", {"x"}, {"y"}).output("y");
  vector.input("x", {0, 9}).node("Relu", {"x"}, {"y"}).output("y");
  const Graph a = import(image), b = import(sequence), c = import(vector);
  EXPECT_EQ(a.value(a.inputs[0]).dimensions, (Ints{1, 3, 4, 5}));
  EXPECT_EQ(b.value(b.inputs[0]).shape, (Shape{3, 1, 7}));
  EXPECT_EQ(c.value(c.inputs[0]).shape, (Shape{9, 1, 1}));
  EXPECT_EQ(c.value(c.outputs[0]).name, "y");
}

TEST_F(LayoutTest, ChannelsLastInputIsReadAsChannelsFirst) {
  OnnxBuilder model;
  model.input("x", {0, 4, 5, 3})
      .output("y")
      .weights("mean", {3}, {1, 2, 3})
      .weights("w", {2, 3, 1, 1}, {1, 0, 0, 0, 0, 1});
  model.node("Sub", {"x", "mean"}, {"s"}).node("Transpose", {"s"}, {"t"}, {{"perm", Ints{0, 3, 1, 2}}});
  model.node("Conv", {"t", "w"}, {"c"}).node("Transpose", {"c"}, {"y"}, {{"perm", Ints{0, 2, 3, 1}}});
  const Graph graph = import(model);
  EXPECT_EQ(graph.value(graph.inputs[0]).dimensions, (Ints{1, 4, 5, 3}));
  EXPECT_EQ(graph.value(graph.inputs[0]).shape, (Shape{3, 4, 5}));
  EXPECT_EQ(graph.value(graph.outputs[0]).dimensions, (Ints{1, 4, 5, 2}));
  EXPECT_EQ(graph.value(graph.outputs[0]).shape, (Shape{2, 4, 5}));
  EXPECT_THAT(canonical_kinds(model), ElementsAre("conv"));
  // Channel c of the input, less its mean: channels 0 and 2.
  Numbers input(60), expected;
  for (std::size_t i = 0; i < 60; ++i) input[i] = static_cast<double>(i);
  for (std::size_t i = 0; i < 20; ++i) expected.push_back(static_cast<double>(i) - 1);
  for (std::size_t i = 0; i < 20; ++i) expected.push_back(static_cast<double>(i + 40) - 3);
  EXPECT_EQ(run(model, {input}), expected);
}

TEST_F(LayoutTest, FlatteningChannelsLastPermutesTheWeights) {
  // Weight k of the dense layer is k: with channels last, element (c, y, x) is number (y · 3 + x) · 2 + c.
  OnnxBuilder model;
  std::vector<float> weights;
  for (int k = 0; k < 12; ++k) weights.push_back(static_cast<float>(k));
  model.input("x", {1, 2, 2, 3}).output("y").weights("w", {12, 1}, weights);
  model.node("Relu", {"x"}, {"r"}).node("Transpose", {"r"}, {"t"}, {{"perm", Ints{0, 2, 3, 1}}});
  model.node("Flatten", {"t"}, {"f"}).node("Gemm", {"f", "w"}, {"y"});
  const Graph graph = compiler::canonicalize(import(model));
  const auto& conv = std::get<compiler::Conv>(graph.nodes.back().op);
  EXPECT_EQ(conv.weights, (std::vector<float>{0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11}));
  EXPECT_EQ(conv.window.kernel_width, 3);
}

TEST_F(LayoutTest, ChannelShuffleIsAConv) {
  OnnxBuilder model;
  model.input("x", {1, 6, 1, 2})
      .output("y")
      .integers("split", {5}, {1, 2, 3, 1, 2})
      .integers("join", {4}, {0, -1, 1, 2});
  model.node("Reshape", {"x", "split"}, {"a"}).node("Transpose", {"a"}, {"b"}, {{"perm", Ints{0, 2, 1, 3, 4}}});
  model.node("Reshape", {"b", "join"}, {"c"}).node("MaxPool", {"c"}, {"y"}, {{"kernel_shape", Ints{1, 2}}});
  Numbers input;
  for (int i = 0; i < 12; ++i) input.push_back(i);
  EXPECT_EQ(run(model, {input}), (Numbers{1, 7, 3, 9, 5, 11}));
}

TEST_F(LayoutTest, SplitAndSliceOfChannels) {
  Numbers input;
  for (int i = 0; i < 12; ++i) input.push_back(i);
  for (const std::int64_t opset : {7, 13, 18}) {
    OnnxBuilder model(opset);
    model.input("x", {1, 6, 1, 2}).output("a").output("b").integers("sizes", {2}, {2, 4});
    if (opset < 13)
      model.node("Split", {"x"}, {"a", "b"}, {{"axis", 1}, {"split", Ints{2, 4}}});
    else
      model.node("Split", {"x", "sizes"}, {"a", "b"}, {{"axis", 1}});
    EXPECT_EQ(run(model, {input}), input) << opset;
    EXPECT_EQ(import(model).value(import(model).outputs[1]).dimensions, (Ints{1, 4, 1, 2})) << opset;
  }
  OnnxBuilder slice(9), equal(18);
  slice.input("x", {1, 6, 1, 2}).output("y");
  slice.node("Slice", {"x"}, {"y"}, {{"starts", Ints{1, 1}}, {"ends", Ints{3, 2}}, {"axes", Ints{1, 3}}});
  EXPECT_EQ(run(slice, {input}), (Numbers{3, 5}));
  equal.input("x", {1, 6, 1, 2})
      .output("a")
      .output("c")
      .node("Split", {"x"}, {"a", "b", "c"}, {{"axis", -3}, {"num_outputs", 3}});
  EXPECT_EQ(run(equal, {input}), (Numbers{0, 1, 2, 3, 8, 9, 10, 11}));
}

TEST_F(LayoutTest, TransposeThatCannotBeAbsorbedIsNamed) {
  OnnxBuilder model;
  model.input("x", {1, 2, 3, 4}).output("y").weights("w", {1, 3, 1, 1}, {1, 2, 3});
  model.node("Relu", {"x"}, {"r"}).node("Transpose", {"r"}, {"t"}, {{"perm", Ints{0, 2, 1, 3}}}, "turn");
  model.node("Conv", {"t", "w"}, {"y"}, {}, "conv");
  EXPECT_THAT(fault(model), HasSubstr("MODEL: node 'conv' (Conv, input 3 x 2 x 4): the order of the input's axes"));
}

TEST_F(LayoutTest, ReshapeSqueezeUnsqueezeAndFlattenInAllOpsets) {
  for (const std::int64_t opset : {7, 11, 13, 21}) {
    OnnxBuilder model(opset);
    model.input("x", {0, 8, 1, 1})
        .output("y")
        .integers("shape", {2}, {-1, 8})
        .integers("two", {1}, {2})
        .integers("three", {1}, {3});
    if (opset < 13) {
      model.node("Squeeze", {"x"}, {"a"}, {{"axes", Ints{3, 2}}});
      model.node("Unsqueeze", {"a"}, {"b"}, {{"axes", Ints{2, 3}}});
    } else {
      model.node("Squeeze", {"x", "three"}, {"s"}).node("Squeeze", {"s", "two"}, {"a"});
      model.node("Unsqueeze", {"a", "two"}, {"u"}).node("Unsqueeze", {"u", "three"}, {"b"});
    }
    model.node("Reshape", {"b", "shape"}, {"c"}).node("Flatten", {"c"}, {"d"}, {{"axis", 1}});
    model.node("Dropout", {"d"}, {"e"}).node("Identity", {"e"}, {"f"}).node("Relu", {"f"}, {"y"});
    EXPECT_EQ(import(model).nodes.size(), 1u) << opset;
    EXPECT_EQ(import(model).value(import(model).outputs[0]).dimensions, (Ints{1, 8})) << opset;
  }
}

TEST_F(LayoutTest, ResizeIndexMapsOfEveryMode) {
  // From 4 pixels to 8 and to 3; positions and roundings by ONNX's formulas, by hand.
  const auto columns = [&](std::int64_t opset, const Attributes& attributes, std::int64_t from, std::int64_t to) {
    OnnxBuilder model(opset);
    model.input("x", {1, 1, 1, from}).output("y").integers("sizes", {4}, {1, 1, 1, to}).weights("none", {0}, {});
    model.node("Resize", {"x", "none", "none", "sizes"}, {"y"}, attributes);
    return only_resize(model).columns;
  };
  EXPECT_THAT(columns(11, {}, 4, 8), ElementsAre(0, 0, 1, 1, 2, 2, 3, 3));
  EXPECT_THAT(columns(13, {}, 4, 3), ElementsAre(0, 1, 3));
  EXPECT_THAT(columns(13, {{"nearest_mode", "round_prefer_ceil"}}, 4, 2), ElementsAre(1, 3));
  EXPECT_THAT(columns(13, {{"nearest_mode", "round_prefer_floor"}}, 4, 2), ElementsAre(0, 2));
  EXPECT_THAT(columns(13, {{"nearest_mode", "floor"}, {"coordinate_transformation_mode", "asymmetric"}}, 4, 7),
              ElementsAre(0, 0, 1, 1, 2, 2, 3));
  EXPECT_THAT(columns(13, {{"nearest_mode", "ceil"}, {"coordinate_transformation_mode", "asymmetric"}}, 4, 8),
              ElementsAre(0, 1, 1, 2, 2, 3, 3, 3));
  EXPECT_THAT(columns(13, {{"nearest_mode", "floor"}, {"coordinate_transformation_mode", "align_corners"}}, 4, 8),
              ElementsAre(0, 0, 0, 1, 1, 2, 2, 3));
  EXPECT_THAT(
      columns(13, {{"nearest_mode", "floor"}, {"coordinate_transformation_mode", "tf_half_pixel_for_nn"}}, 4, 8),
      ElementsAre(0, 0, 1, 1, 2, 2, 3, 3));
  EXPECT_THAT(columns(13, {{"coordinate_transformation_mode", "pytorch_half_pixel"}}, 4, 1), ElementsAre(0));
  // 9 to 12 pixels: index 4 is at exactly 3.
  EXPECT_THAT(columns(13, {{"nearest_mode", "floor"}, {"coordinate_transformation_mode", "asymmetric"}}, 9, 12),
              ElementsAre(0, 0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8));
}

TEST_F(LayoutTest, ResizeAndUpsampleByScalesInOldOpsets) {
  OnnxBuilder resize(10), seven(7), nine(9);
  resize.input("x", {1, 1, 2, 4}).output("y").weights("s", {4}, {1, 1, 0.6f, 0.6f}).node("Resize", {"x", "s"}, {"y"});
  EXPECT_THAT(only_resize(resize).columns, ElementsAre(0, 2));
  EXPECT_THAT(only_resize(resize).rows, ElementsAre(0));
  seven.input("x", {1, 1, 2, 2})
      .output("y")
      .node("Upsample", {"x"}, {"y"}, {{"scales", std::vector<float>{1, 1, 2, 3}}});
  EXPECT_THAT(only_resize(seven).rows, ElementsAre(0, 0, 1, 1));
  EXPECT_THAT(only_resize(seven).columns, ElementsAre(0, 0, 0, 1, 1, 1));
  nine.input("x", {1, 1, 2, 2}).output("y").weights("s", {4}, {1, 1, 2, 3}).node("Upsample", {"x", "s"}, {"y"});
  EXPECT_THAT(only_resize(nine).columns, ElementsAre(0, 0, 0, 1, 1, 1));
}

TEST_F(LayoutTest, SlicesOfRowsAndColumns) {
  OnnxBuilder attributes(9), inputs(13);
  attributes.input("x", {1, 2, 6, 5}).output("y");
  attributes.node("Slice", {"x"}, {"y"}, {{"starts", Ints{1, -4}}, {"ends", Ints{1000, -1}}, {"axes", Ints{2, 3}}});
  EXPECT_THAT(only_resize(attributes).rows, ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(only_resize(attributes).columns, ElementsAre(1, 2, 3));
  inputs.input("x", {1, 2, 6, 5}).output("y").integers("s", {2}, {-1, 0}).integers("e", {2}, {-1000, 5});
  inputs.integers("a", {2}, {2, 3}).integers("t", {2}, {-2, 2}).node("Slice", {"x", "s", "e", "a", "t"}, {"y"});
  EXPECT_THAT(only_resize(inputs).rows, ElementsAre(5, 3, 1));
  EXPECT_THAT(only_resize(inputs).columns, ElementsAre(0, 2, 4));
}

TEST_F(LayoutTest, ShapeSubgraphsAreFolded) {
  // view(x.size(0), -1), as exporters write it.
  OnnxBuilder model;
  model.input("x", {0, 3, 2, 2})
      .output("y")
      .integers("zero", {}, {0})
      .integers("axis", {1}, {0})
      .integers("rest", {1}, {-1});
  model.node("Shape", {"x"}, {"shape"})
      .node("Gather", {"shape", "zero"}, {"n"})
      .node("Unsqueeze", {"n", "axis"}, {"n1"});
  model.node("Concat", {"n1", "rest"}, {"target"}, {{"axis", 0}}).node("Cast", {"target"}, {"cast"}, {{"to", 7}});
  model.node("Relu", {"x"}, {"r"}).node("Reshape", {"r", "cast"}, {"y"});
  const Graph graph = import(model);
  EXPECT_EQ(graph.nodes.size(), 1u);
  EXPECT_EQ(graph.value(graph.outputs[0]).dimensions, (Ints{1, 12}));
}

TEST_F(LayoutTest, ConstantsOfEveryKind) {
  // (x · 2 + 3 - 1) / 4, through Constant attributes, identities and arithmetic on constants.
  OnnxBuilder model;
  model.input("x", {1, 1, 1, 2}).output("y").weights("two", {}, {2}).integers("shape", {1}, {1});
  model.node("Identity", {"two"}, {"b"}).node("Mul", {"b", "x"}, {"p"});
  model.node("Constant", {}, {"one"}, {{"value", TensorSpec{{1}, {1}, {}}}})
      .node("Constant", {}, {"c3"}, {{"value_float", 3.0f}});
  model.node("Sub", {"c3", "one"}, {"c2"}).node("Add", {"p", "c2"}, {"q"});
  model.node("ConstantOfShape", {"shape"}, {"four"}, {{"value", TensorSpec{{1}, {4}, {}}}})
      .node("Div", {"q", "four"}, {"y"});
  EXPECT_EQ(run(model, {{1, 10}}), (Numbers{1, 5.5}));
}

TEST_F(LayoutTest, ConstantOnTheLeft) {
  OnnxBuilder model;
  model.input("x", {1, 2, 1, 1}).output("y").weights("c", {1, 2, 1, 1}, {10, 20}).node("Sub", {"c", "x"}, {"y"});
  EXPECT_EQ(run(model, {{1, 2}}), (Numbers{9, 18}));
}

TEST_F(LayoutTest, PairsBroadcastOneNumberAChannelInEitherOrder) {
  for (const bool swapped : {false, true}) {
    OnnxBuilder model;
    model.input("x", {1, 2, 1, 2}).output("y").node("GlobalAveragePool", {"x"}, {"g"});
    const std::vector<std::string> operands =
        swapped ? std::vector<std::string>{"g", "x"} : std::vector<std::string>{"x", "g"};
    model.node("Sub", operands, {"y"});
    const double sign = swapped ? -1 : 1;
    EXPECT_EQ(run(model, {{1, 3, 10, 20}}), (Numbers{-1 * sign, 1 * sign, -5 * sign, 5 * sign}));
  }
}

TEST_F(LayoutTest, NodesInAnyOrderAndDeadNodesOfAnyKind) {
  OnnxBuilder model;
  model.input("x", {1, 1, 1, 2}).output("y").node("Relu", {"a"}, {"y"}).node("Neg", {"x"}, {"a"});
  model.node("LSTM", {"x"}, {"unused"});
  EXPECT_EQ(run(model, {{-1, 2}}), (Numbers{1, 0}));
}

TEST_F(LayoutTest, InitializersThatAreInputsToo) {
  OnnxBuilder model;
  model.input("x", {1, 1, 1, 1}).input("w", {1}).weights("w", {1}, {5}).node("Mul", {"x", "w"}, {"y"}).output("y");
  EXPECT_EQ(import(model).inputs.size(), 1u);
  EXPECT_EQ(run(model, {{2}}), (Numbers{10}));
}

TEST_F(LayoutTest, WeightsOfOtherFloatTypes) {
  const double wide = 2.5;
  const std::uint16_t half = 0x3E00, subnormal = 0x8001;  // 1.5, -2^-24
  OnnxBuilder model;
  model.input("x", {1, 1, 1, 1}).output("y").output("z").output("w");
  model.raw("d", {1}, kOnnxDouble, {reinterpret_cast<const char*>(&wide), 8})
      .raw("h", {1}, kOnnxFloat16, {reinterpret_cast<const char*>(&half), 2});
  model.raw("s", {1}, kOnnxFloat16, {reinterpret_cast<const char*>(&subnormal), 2});
  model.node("Mul", {"x", "d"}, {"y"}).node("Mul", {"x", "h"}, {"z"}).node("Mul", {"x", "s"}, {"w"});
  EXPECT_EQ(run(model, {{1}}), (Numbers{2.5, 1.5, -1.0 / 16777216}));
}

TEST_F(LayoutTest, OneValueUnderTwoOutputNames) {
  OnnxBuilder model;
  model.input("x", {1, 2, 1, 2})
      .node("Relu", {"x"}, {"a"})
      .node("Flatten", {"a"}, {"b"})
      .output("a")
      .output("b")
      .output("x");
  EXPECT_EQ(run(model, {{-1, 2, 3, 4}}), (Numbers{0, 2, 3, 4, 0, 2, 3, 4, -1, 2, 3, 4}));
  const Graph graph = compiler::canonicalize(import(model));
  EXPECT_EQ(graph.value(graph.outputs[0]).name, "a");
  EXPECT_EQ(graph.value(graph.outputs[1]).name, "b");
  EXPECT_EQ(graph.value(graph.outputs[1]).dimensions, (Ints{1, 4}));
}

}  // namespace
}  // namespace evenshift::test

// Operators by their results: PyTorch's for the same numbers.
#include "tests/compiler/import/import_fixture.h"
#include "tests/compiler/import/reference_vectors.h"

namespace evenshift::test {
namespace {

using Ints = std::vector<std::int64_t>;

/// An image of 2 x 5 x 6.
OnnxBuilder& with_image(OnnxBuilder& model) { return model.input("x", {0, 2, 5, 6}).output("y"); }

class OperatorTest : public ImportTest {
 protected:
  void expect_reference(const OnnxBuilder& model, const std::string& name,
                        const std::vector<Numbers>& inputs = {}) const {
    EXPECT_LE(relative_difference(run(model, inputs), reference_vectors().at(name)), 1e-6) << name;
  }
  /// One node on the image, without weights.
  void expect_simple(std::int64_t opset, const std::string& type, const Attributes& attributes,
                     const std::string& name) const {
    OnnxBuilder model(opset);
    with_image(model).node(type, {"x"}, {"y"}, attributes);
    expect_reference(model, name);
  }
  void expect_conv(const Attributes& attributes, const std::string& name) const {
    OnnxBuilder model;
    with_image(model).weights("w", {3, 2, 3, 2}, pattern(36, 2)).weights("b", {3}, pattern(3, 3));
    model.node("Conv", {"x", "w", "b"}, {"y"}, attributes);
    expect_reference(model, name);
  }
};

TEST_F(OperatorTest, ConvPadsStridesAndDilations) {
  expect_conv({{"pads", Ints{0, 1, 1, 2}}, {"strides", Ints{2, 1}}, {"dilations", Ints{1, 2}}}, "conv_asymmetric");
}

TEST_F(OperatorTest, ConvAutomaticPads) {
  expect_conv({{"auto_pad", "SAME_UPPER"}, {"strides", Ints{2, 1}}}, "conv_same_upper");
  expect_conv({{"auto_pad", "SAME_LOWER"}, {"strides", Ints{2, 1}}}, "conv_same_lower");
  expect_conv({{"auto_pad", "VALID"}, {"strides", Ints{2, 3}}}, "conv_valid");
}

TEST_F(OperatorTest, ConvGroups) {
  OnnxBuilder grouped, depthwise;
  with_image(grouped).weights("w", {4, 1, 2, 2}, pattern(16, 6));
  grouped.node("Conv", {"x", "w", ""}, {"y"}, {{"group", 2}, {"strides", Ints{2, 2}}});
  expect_reference(grouped, "conv_grouped");
  with_image(depthwise).weights("w", {2, 1, 3, 3}, pattern(18, 4));
  depthwise.node("Conv", {"x", "w"}, {"y"}, {{"group", 2}, {"strides", Ints{3, 3}}, {"pads", Ints{1, 1, 1, 1}}});
  expect_reference(depthwise, "conv_depthwise");
  EXPECT_THAT(canonical_kinds(depthwise), testing::ElementsAre("depthwise_conv"));
}

TEST_F(OperatorTest, ConvOfASequence) {
  OnnxBuilder model;
  model.input("x", {1, 2, 9}).output("y").weights("w", {3, 2, 3}, pattern(18, 7)).weights("b", {3}, pattern(3, 3));
  model.node("Conv", {"x", "w", "b"}, {"y"}, {{"pads", Ints{2, 1}}, {"strides", Ints{2}}});
  const auto sequence = pattern(18, 5);
  expect_reference(model, "conv_sequence", {Numbers(sequence.begin(), sequence.end())});
  const compiler::Graph graph = import(model);
  EXPECT_EQ(graph.value(graph.outputs[0]).dimensions, (Ints{1, 3, 5}));
  EXPECT_EQ(graph.value(graph.outputs[0]).shape, (compiler::Shape{3, 1, 5}));
}

TEST_F(OperatorTest, BatchNormalization) {
  for (const std::int64_t opset : {7, 9, 13, 15, 21}) {
    OnnxBuilder model(opset);
    std::vector<float> variance = pattern(2, 9);
    for (float& value : variance) value = std::abs(value) + 0.5f;
    with_image(model).weights("s", {2}, pattern(2, 6)).weights("b", {2}, pattern(2, 7));
    model.weights("m", {2}, pattern(2, 8)).weights("v", {2}, variance);
    model.node("BatchNormalization", {"x", "s", "b", "m", "v"}, {"y"}, {{"epsilon", 1e-3f}});
    expect_reference(model, "batch_normalization");
    EXPECT_THAT(canonical_kinds(model), testing::ElementsAre("depthwise_conv"));
  }
}

TEST_F(OperatorTest, Pools) {
  const Attributes same = {{"kernel_shape", Ints{3, 3}}, {"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}};
  Attributes whole = same;
  whole.emplace_back("count_include_pad", 1);
  const Attributes ceil = {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}, {"ceil_mode", 1}};
  const Attributes whole_ceil = {{"kernel_shape", Ints{3, 2}},
                                 {"strides", Ints{3, 3}},
                                 {"pads", Ints{1, 1, 1, 1}},
                                 {"ceil_mode", 1},
                                 {"count_include_pad", 1}};
  for (const std::int64_t opset : {10, 13, 19}) {
    expect_simple(opset, "MaxPool", ceil, "max_pool_ceil");
    expect_simple(opset, "MaxPool",
                  {{"kernel_shape", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}, {"dilations", Ints{2, 2}}},
                  "max_pool_dilated");
    expect_simple(opset, "AveragePool", same, "average_pool_inside");
    expect_simple(opset, "AveragePool", whole, "average_pool_whole");
    expect_simple(opset, "AveragePool", ceil, "average_pool_ceil");
    expect_simple(opset, "AveragePool", whole_ceil, "average_pool_whole_ceil");
  }
}

TEST_F(OperatorTest, ReductionsOverSpace) {
  expect_simple(7, "GlobalAveragePool", {}, "global_average");
  expect_simple(13, "ReduceMean", {{"axes", Ints{2, 3}}}, "global_average");
  expect_simple(13, "ReduceMean", {{"axes", Ints{-1, -2}}, {"keepdims", 0}}, "global_average");
  expect_simple(13, "ReduceMean", {{"axes", Ints{2}}, {"keepdims", 0}}, "mean_of_rows");
  expect_simple(13, "ReduceMax", {{"axes", Ints{-1}}}, "greatest_of_columns");
  OnnxBuilder with_input(18), sum(13);
  with_image(with_input).integers("axes", {2}, {2, 3}).node("ReduceMean", {"x", "axes"}, {"y"}, {{"keepdims", 0}});
  expect_reference(with_input, "global_average");
  EXPECT_EQ(import(with_input).value(import(with_input).outputs[0]).dimensions, (Ints{1, 2}));
  with_image(sum).integers("axes", {2}, {2, 3}).node("ReduceSum", {"x", "axes"}, {"y"});
  expect_reference(sum, "sum_of_space");
}

TEST_F(OperatorTest, DenseLayers) {
  OnnxBuilder gemm;
  with_image(gemm).weights("w", {4, 60}, pattern(240, 10)).weights("b", {4}, pattern(4, 11));
  gemm.node("Flatten", {"x"}, {"f"});
  gemm.node("Gemm", {"f", "w", "b"}, {"y"}, {{"alpha", 0.5f}, {"beta", 2.0f}, {"transB", 1}});
  expect_reference(gemm, "gemm");
  // The flattening has become a kernel over the whole image.
  const compiler::Graph graph = compiler::canonicalize(import(gemm));
  ASSERT_EQ(graph.nodes.size(), 1u);
  EXPECT_EQ(std::get<compiler::Conv>(graph.nodes[0].op).window.kernel_height, 5);
  EXPECT_EQ(graph.value(graph.outputs[0]).dimensions, (Ints{1, 4}));

  OnnxBuilder matmul;
  with_image(matmul).weights("w", {2, 3}, pattern(6, 12));
  matmul.node("Transpose", {"x"}, {"t"}, {{"perm", Ints{0, 2, 3, 1}}}).node("MatMul", {"t", "w"}, {"m"});
  matmul.node("Transpose", {"m"}, {"y"}, {{"perm", Ints{0, 3, 1, 2}}});
  expect_reference(matmul, "matmul_channels_last");
  EXPECT_THAT(canonical_kinds(matmul), testing::ElementsAre("conv"));
}

TEST_F(OperatorTest, Activations) {
  expect_simple(13, "HardSigmoid", {{"alpha", 0.3f}, {"beta", 0.4f}}, "hard_sigmoid");
  expect_simple(14, "HardSwish", {}, "hard_swish");
  expect_simple(20, "Gelu", {}, "gelu");
  expect_simple(13, "Elu", {{"alpha", 0.7f}}, "elu");
  OnnxBuilder prelu, silu;
  with_image(prelu).weights("slope", {2, 1, 1}, pattern(2, 13)).node("PRelu", {"x", "slope"}, {"y"});
  expect_reference(prelu, "parametric_relu");
  with_image(silu).node("Sigmoid", {"x"}, {"s"}).node("Mul", {"s", "x"}, {"y"});
  expect_reference(silu, "silu");
  EXPECT_THAT(canonical_kinds(silu), testing::ElementsAre("activation"));
}

TEST_F(OperatorTest, SoftmaxMeansAnotherThingBefore13) {
  expect_simple(13, "Softmax", {{"axis", 1}}, "softmax_channels");
  expect_simple(11, "Softmax", {{"axis", 1}}, "softmax_flat");
  expect_simple(11, "Softmax", {}, "softmax_flat");
}

TEST_F(OperatorTest, Pads) {
  const Ints amounts{0, 0, 1, 0, 0, 0, 0, 2};
  expect_simple(7, "Pad", {{"pads", amounts}, {"value", 0.75f}}, "padded");
  OnnxBuilder inputs(13), axes(18), reflect(13);
  with_image(inputs).integers("p", {8}, amounts).weights("v", {}, {0.75f}).node("Pad", {"x", "p", "v"}, {"y"});
  expect_reference(inputs, "padded");
  with_image(axes).integers("p", {4}, {0, 1, 2, 0}).weights("v", {}, {0.75f}).integers("a", {2}, {3, 2});
  axes.node("Pad", {"x", "p", "v", "a"}, {"y"});
  expect_reference(axes, "padded");
  with_image(reflect).integers("p", {8}, {0, 0, 1, 2, 0, 0, 0, 1});
  reflect.node("Pad", {"x", "p"}, {"y"}, {{"mode", "reflect"}});
  expect_reference(reflect, "reflected");
}

}  // namespace
}  // namespace evenshift::test

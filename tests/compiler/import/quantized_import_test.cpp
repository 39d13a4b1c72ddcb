// Networks that are quantized already: ONNX with QuantizeLinear and DequantizeLinear.
#include "compiler/ir/passes/quantizers.h"
#include "tests/compiler/import/import_fixture.h"

namespace evenshift::test {
namespace {

using compiler::Conv;
using compiler::Graph;
using testing::ElementsAre;
using testing::HasSubstr;

std::string bytes_of(const std::vector<int>& values) { return {values.begin(), values.end()}; }

class QuantizedImportTest : public ImportTest {
 protected:
  /// A quantizer and its inverse: `x` becomes `to`.
  static void quantize(OnnxBuilder& model, const std::string& x, const std::string& to, float scale, int zero_point,
                       int type = kOnnxInt8) {
    model.weights(to + "_s", {}, {scale}).raw(to + "_z", {}, type, bytes_of({zero_point}));
    model.node("QuantizeLinear", {x, to + "_s", to + "_z"}, {to + "_q"});
    model.node("DequantizeLinear", {to + "_q", to + "_s", to + "_z"}, {to});
  }
  /// int8 weights with a scale for each index of `axis`.
  static void weights(OnnxBuilder& model, const std::string& name, const Dims& dims, const std::vector<int>& codes,
                      const std::vector<float>& scales, std::int64_t axis = 0) {
    model.raw(name + "_codes", dims, kOnnxInt8, bytes_of(codes));
    model.weights(name + "_steps", {static_cast<std::int64_t>(scales.size())}, scales);
    model.node("DequantizeLinear", {name + "_codes", name + "_steps"}, {name}, {{"axis", axis}});
  }
  static void bias(OnnxBuilder& model, const std::string& name, const std::vector<std::int32_t>& codes,
                   const std::vector<float>& scales) {
    const auto count = static_cast<std::int64_t>(codes.size());
    model.raw(name + "_codes", {count}, kOnnxInt32, {reinterpret_cast<const char*>(codes.data()), codes.size() * 4});
    model.weights(name + "_steps", {static_cast<std::int64_t>(scales.size())}, scales);
    model.node("DequantizeLinear", {name + "_codes", name + "_steps"}, {name}, {{"axis", 0}});
  }
  Graph canonical(const OnnxBuilder& model) const { return compiler::canonicalize(import(model)); }
};

TEST_F(QuantizedImportTest, ConvKeepsItsIntegersAndScales) {
  OnnxBuilder model;
  model.input("x", {1, 2, 3, 3}).output("y");
  quantize(model, "x", "xq", 0.5f, -3);
  weights(model, "w", {2, 2, 1, 1}, {1, -127, 3, -128}, {0.25f, 0.0625f});
  bias(model, "b", {1000, -(1 << 28) - 1}, {0.125f, 0.03125f});
  model.node("Conv", {"xq", "w", "b"}, {"c"}).node("Relu", {"c"}, {"r"});
  quantize(model, "r", "y", 0.1f, -128);
  const Graph graph = canonical(model);
  ASSERT_EQ(graph.nodes.size(), 1u);
  const auto& conv = std::get<Conv>(graph.nodes[0].op);
  ASSERT_TRUE(conv.codes);
  EXPECT_THAT(conv.codes->weights, ElementsAre(1, -127, 3, -128));
  EXPECT_THAT(conv.codes->scales, ElementsAre(0.25, 0.0625));
  EXPECT_THAT(conv.codes->bias, ElementsAre(1000, -(1 << 28) - 1));
  EXPECT_EQ(conv.clamp.low, 0);
  EXPECT_EQ(graph.value(graph.inputs[0]).quant, (QuantParams{0.5, -3, 8}));
  EXPECT_EQ(graph.value(graph.outputs[0]).quant, (QuantParams{static_cast<double>(0.1f), -128, 8}));
  EXPECT_TRUE(compiler::is_quantized(graph));
}

TEST_F(QuantizedImportTest, UnsignedCodesBecomeSigned) {
  OnnxBuilder model;
  model.input("x", {1, 1, 1, 1}).output("y");
  quantize(model, "x", "xq", 0.5f, 10, kOnnxUint8);
  model.raw("w_codes", {1, 1, 1, 1}, kOnnxUint8, bytes_of({131})).weights("w_s", {}, {0.5f});
  model.raw("w_z", {}, kOnnxUint8, bytes_of({128})).node("DequantizeLinear", {"w_codes", "w_s", "w_z"}, {"w"});
  model.node("Conv", {"xq", "w"}, {"y"});
  const Graph graph = canonical(model);
  EXPECT_EQ(graph.value(graph.inputs[0]).quant, (QuantParams{0.5, 10 - 128, 8}));
  EXPECT_THAT(std::get<Conv>(graph.nodes[0].op).codes->weights, ElementsAre(3));
}

/// Opset 21: two elements in a byte, the first in its low half; an odd one leaves the last half empty.
TEST_F(QuantizedImportTest, WeightsOfFourBits) {
  constexpr int kOnnxUint4 = 21;
  constexpr int kOnnxInt4 = 22;
  const auto codes_of = [&](int type, const std::string& bytes, int zero_point) {
    OnnxBuilder model;
    model.input("x", {1, 1, 1, 3}).output("y").raw("c", {1, 1, 1, 3}, type, bytes).weights("s", {}, {0.5f});
    model.raw("z", {}, type, bytes_of({zero_point})).node("DequantizeLinear", {"c", "s", "z"}, {"w"});
    model.node("Conv", {"x", "w"}, {"y"});
    return std::get<Conv>(canonical(model).nodes.at(0).op).codes->weights;
  };
  EXPECT_THAT(codes_of(kOnnxInt4, bytes_of({0x7f, 0x08}), 0), ElementsAre(-1, 7, -8));
  EXPECT_THAT(codes_of(kOnnxUint4, bytes_of({0x7f, 0x01}), 8), ElementsAre(7, -1, -7));
  EXPECT_THAT([&] { codes_of(kOnnxInt4, bytes_of({0x7f}), 0); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("has 1 bytes where its dimensions need 2")));
}

TEST_F(QuantizedImportTest, FloatWeightsAreQuantizedAsTheGraphSays) {
  OnnxBuilder model;
  model.input("x", {1, 1, 1, 1}).output("y").weights("real", {1, 1, 1, 5}, {0.25f, 0.75f, -0.25f, 200, -1000});
  model.weights("s", {1}, {0.5f}).raw("z", {1}, kOnnxInt8, bytes_of({0}));
  model.node("QuantizeLinear", {"real", "s", "z"}, {"codes"}, {{"axis", 0}});
  model.node("DequantizeLinear", {"codes", "s", "z"}, {"w"}, {{"axis", 0}});
  model.node("Conv", {"x", "w"}, {"y"}, {{"pads", Dims{0, 2, 0, 2}}});
  const Conv conv = std::get<Conv>(canonical(model).nodes.at(0).op);
  EXPECT_THAT(conv.codes->weights, ElementsAre(0, 2, 0, 127, -128));  // ties to even, then saturated
}

TEST_F(QuantizedImportTest, DenseLayersTransposeTheirCodes) {
  for (const bool is_gemm : {false, true}) {
    OnnxBuilder model;
    model.input("x", {1, 3}).output("y").weights("b", {2}, {1, 2});
    weights(model, "w", {3, 2}, {1, 2, 3, 4, 5, 6}, {0.5f, 0.25f}, 1);
    if (is_gemm)
      model.node("Gemm", {"x", "w", "b"}, {"y"});
    else
      model.node("MatMul", {"x", "w"}, {"m"}).node("Add", {"m", "b"}, {"y"});
    const Graph graph = canonical(model);
    ASSERT_EQ(graph.nodes.size(), 1u);
    const auto& conv = std::get<Conv>(graph.nodes[0].op);
    EXPECT_THAT(conv.codes->weights, ElementsAre(1, 3, 5, 2, 4, 6));
    EXPECT_THAT(conv.codes->scales, ElementsAre(0.5, 0.25));
    EXPECT_THAT(conv.bias, ElementsAre(1, 2));
  }
}

TEST_F(QuantizedImportTest, AffineBehindAConvGoesIntoItsScales) {
  OnnxBuilder model;
  model.input("x", {1, 1, 1, 1}).output("y").weights("f", {2, 1, 1}, {2, -0.5f});
  weights(model, "w", {2, 1, 1, 1}, {3, 5}, {0.5f, 0.25f});
  bias(model, "b", {8, 8}, {0.25f});
  model.node("Conv", {"x", "w", "b"}, {"c"}).node("Mul", {"c", "f"}, {"y"});
  const Conv conv = std::get<Conv>(canonical(model).nodes.at(0).op);
  EXPECT_THAT(conv.codes->weights, ElementsAre(3, -5));
  EXPECT_THAT(conv.codes->scales, ElementsAre(1.0, 0.125));
  EXPECT_THAT(conv.weights, ElementsAre(3.0f, -0.625f));
  EXPECT_THAT(conv.bias, ElementsAre(4.0f, -1.0f));
  EXPECT_TRUE(conv.codes->bias.empty());
}

TEST_F(QuantizedImportTest, NothingIsFoldedAcrossAQuantizer) {
  OnnxBuilder model;
  model.input("x", {1, 2, 4, 4}).output("y").weights("w", {2, 2, 1, 1}, pattern(4, 1));
  model.node("Conv", {"x", "w"}, {"c"});
  quantize(model, "c", "cq", 0.5f, 0);
  model.node("Relu", {"cq"}, {"r"});
  quantize(model, "r", "y", 0.25f, -128);
  const Graph graph = canonical(model);
  EXPECT_THAT(canonical_kinds(model), ElementsAre("conv", "activation"));
  EXPECT_EQ(graph.value(graph.nodes[0].output).quant, (QuantParams{0.5, 0, 8}));
  EXPECT_EQ(graph.value(graph.nodes[1].output).quant, (QuantParams{0.25, -128, 8}));
}

TEST_F(QuantizedImportTest, RepeatedQuantizersAroundCopiesAndClampsVanish) {
  OnnxBuilder model;
  model.input("x", {1, 2, 4, 4}).output("y").weights("w", {2, 2, 3, 3}, pattern(36, 1));
  model.integers("pads", {8}, {0, 0, 1, 1, 0, 0, 1, 1});
  model.node("Conv", {"x", "w"}, {"c"});
  quantize(model, "c", "c1", 0.5f, 7);
  model.node("Relu", {"c1"}, {"r"});
  quantize(model, "r", "r1", 0.5f, 7);
  model.node("Pad", {"r1", "pads"}, {"p"});
  quantize(model, "p", "p1", 0.5f, 7);
  model.node("Conv", {"p1", "w"}, {"y"});
  EXPECT_THAT(canonical_kinds(model), ElementsAre("conv", "conv"));
  const Graph graph = canonical(model);
  EXPECT_EQ(std::get<Conv>(graph.nodes[0].op).clamp.low, 0);
  EXPECT_EQ(std::get<Conv>(graph.nodes[1].op).window.pad_left, 1);
  EXPECT_EQ(graph.value(graph.nodes[0].output).quant, (QuantParams{0.5, 7, 8}));
  EXPECT_FALSE(compiler::is_quantized(graph));  // the input and the output have no parameters
}

TEST_F(QuantizedImportTest, CopiesShareParametersAndASecondQuantizerIsATable) {
  OnnxBuilder model;
  model.input("x", {1, 1, 4, 4}).output("y");
  quantize(model, "x", "x1", 0.5f, 0);
  model.node("MaxPool", {"x1"}, {"p"}, {{"kernel_shape", Dims{2, 2}}});
  quantize(model, "p", "y", 0.25f, 1);
  EXPECT_THAT(canonical_kinds(model), ElementsAre("max_pool", "activation"));
  const Graph graph = canonical(model);
  EXPECT_TRUE(compiler::is_quantized(graph));
  EXPECT_EQ(graph.value(graph.inputs[0]).quant, (QuantParams{0.5, 0, 8}));
  EXPECT_EQ(graph.value(graph.outputs[0]).quant, (QuantParams{0.25, 1, 8}));
}

TEST_F(QuantizedImportTest, AConcatenationHasParametersOfItsOwn) {
  OnnxBuilder model;
  model.input("x", {1, 1, 4, 4}).output("y").output("z");
  quantize(model, "x", "x1", 0.5f, 0);
  model.node("Concat", {"x1", "x1"}, {"c"}, {{"axis", 1}})
      .node("MaxPool", {"x1"}, {"z"}, {{"kernel_shape", Dims{2, 2}}});
  quantize(model, "c", "y", 0.5f, 0);
  const Graph graph = canonical(model);
  EXPECT_TRUE(compiler::is_quantized(graph));
  EXPECT_EQ(graph.value(graph.outputs[0]).quant, (QuantParams{0.5, 0, 8}));
}

TEST_F(QuantizedImportTest, InputsMayBeCodes) {
  OnnxBuilder model;
  model.input("x", {1, 1, 2, 2}, kOnnxUint8).output("y").weights("s", {}, {0.5f});
  model.raw("z", {}, kOnnxUint8, bytes_of({3})).node("DequantizeLinear", {"x", "s", "z"}, {"real"});
  model.node("MaxPool", {"real"}, {"y"}, {{"kernel_shape", Dims{2, 2}}});
  const Graph graph = canonical(model);
  EXPECT_EQ(graph.value(graph.inputs[0]).quant, (QuantParams{0.5, 3 - 128, 8}));
}

TEST_F(QuantizedImportTest, OperatorsOnIntegersAreReadAsWhatTheyMean) {
  OnnxBuilder model;
  model.input("x", {1, 2, 1, 1}).output("y").weights("xs", {}, {0.5f}).raw("xz", {}, kOnnxInt8, bytes_of({3}));
  model.weights("ws", {2}, {0.25f, 0.125f}).raw("wz", {2}, kOnnxInt8, bytes_of({0, 0})).weights("ys", {}, {0.1f});
  const std::vector<std::int32_t> biases{10, -20};
  model.raw("b", {2}, kOnnxInt32, {reinterpret_cast<const char*>(biases.data()), 8});
  model.raw("yz", {}, kOnnxInt8, bytes_of({-5})).raw("w", {2, 2, 1, 1}, kOnnxInt8, bytes_of({1, 2, 3, 4}));
  model.node("QuantizeLinear", {"x", "xs", "xz"}, {"xq"});
  model.node("QLinearConv", {"xq", "xs", "xz", "w", "ws", "wz", "ys", "yz", "b"}, {"c"});
  model.node("QLinearAdd", {"c", "ys", "yz", "c", "ys", "yz", "ys", "yz"}, {"s"}, {}, "", "com.microsoft");
  model.node("DequantizeLinear", {"s", "ys", "yz"}, {"y"});
  EXPECT_THAT(canonical_kinds(model), ElementsAre("conv", "add"));
  const Graph graph = canonical(model);
  EXPECT_TRUE(compiler::is_quantized(graph));
  const auto& conv = std::get<Conv>(graph.nodes[0].op);
  EXPECT_THAT(conv.codes->weights, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(conv.codes->bias, ElementsAre(10, -20));
  EXPECT_THAT(conv.codes->bias_scales, ElementsAre(0.125, 0.0625));
  EXPECT_EQ(graph.value(graph.nodes[0].output).quant, (QuantParams{static_cast<double>(0.1f), -5, 8}));
}

TEST_F(QuantizedImportTest, Faults) {
  {
    OnnxBuilder model;
    model.input("x", {1, 2, 1, 1}).output("y").weights("s", {2}, {1, 2}).raw("z", {2}, kOnnxInt8, bytes_of({0, 0}));
    model.node("QuantizeLinear", {"x", "s", "z"}, {"y"});
    EXPECT_THAT(fault(model), HasSubstr("computed tensors have to have one scale and one zero point"));
  }
  {
    OnnxBuilder model;
    model.input("x", {1, 2, 1, 1}).output("y").weights("s", {}, {1}).weights("t", {}, {2});
    model.node("QuantizeLinear", {"x", "s"}, {"q"}).node("DequantizeLinear", {"q", "t"}, {"y"});
    EXPECT_THAT(fault(model), HasSubstr("it has to have the scale and zero point that its input was quantized with"));
  }
  {
    OnnxBuilder model;
    model.input("x", {1, 1, 1, 1}).output("y").raw("c", {1, 1, 1, 1}, kOnnxUint8, bytes_of({200}));
    model.weights("s", {}, {1}).node("DequantizeLinear", {"c", "s"}, {"w"}).node("Conv", {"x", "w"}, {"y"});
    EXPECT_THAT(fault(model), HasSubstr("quantized weights less their zero point have to be from -128 to 127"));
  }
  {
    OnnxBuilder model;
    model.input("x", {1, 2, 1, 1}).output("y");
    weights(model, "w", {1, 2, 1, 1}, {1, 2}, {1, 2}, 1);
    model.node("Conv", {"x", "w"}, {"y"});
    EXPECT_THAT(fault(model), HasSubstr("one scale, or one an output channel"));
  }
  {
    OnnxBuilder model;
    model.input("x", {1, 2, 1, 1}).output("y").weights("s", {}, {0});
    model.node("QuantizeLinear", {"x", "s"}, {"y"});
    EXPECT_THAT(fault(model), HasSubstr("a scale of 0 is not above 0"));
  }
}

}  // namespace
}  // namespace evenshift::test

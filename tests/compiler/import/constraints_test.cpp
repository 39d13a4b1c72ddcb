// What is refused, and in which words.
#include "tests/compiler/import/import_fixture.h"

namespace evenshift::test {
namespace {

using Ints = std::vector<std::int64_t>;
using testing::HasSubstr;

using ConstraintTest = ImportTest;

TEST_F(ConstraintTest, NodeNameOperatorShapeAndSentence) {
  OnnxBuilder model;
  model.input("x", {0, 64, 56, 56}).output("y").weights("s", {4}, {1, 1, 2, 2}).weights("none", {0}, {});
  model.node("Resize", {"x", "none", "s"}, {"y"}, {{"mode", "linear"}}, "foo");
  EXPECT_EQ(fault(model),
            "MODEL: node 'foo' (Resize, input 64 x 56 x 56): only nearest interpolation is supported, and any of a "
            "single row or "
            "column");
}

TEST_F(ConstraintTest, AllUnsupportedNodesAtOnce) {
  OnnxBuilder model;
  model.input("x", {1, 2, 4, 4}).output("y").output("z").output("w");
  model.node("LSTM", {"x"}, {"a"}, {}, "memory").node("Relu", {"a"}, {"y"}, {}, "behind");
  model.node("Gemm", {"x", "x"}, {"z"}, {}, "product", "com.microsoft");
  model.node("Concat", {"x", "x"}, {"w"}, {{"axis", 2}}, "join");
  const std::string text = fault(model);
  EXPECT_THAT(text, HasSubstr("MODEL: node 'memory' (LSTM, input 2 x 4 x 4): the operator LSTM is not supported\n"));
  EXPECT_THAT(
      text,
      HasSubstr("MODEL: node 'product' (Gemm, input 2 x 4 x 4): the operator com.microsoft.Gemm is not supported\n"));
  EXPECT_THAT(text, HasSubstr("MODEL: node 'join' (Concat, input 2 x 4 x 4): only channels can be concatenated\n"));
  EXPECT_THAT(text, HasSubstr("supported operators: Abs, Add, AveragePool"));
  EXPECT_THAT(text, testing::Not(HasSubstr("behind")));
}

TEST_F(ConstraintTest, InputsAreNamedWithTheirFault) {
  const auto with_input = [&](const Dims& dims, int type = kOnnxFloat) {
    OnnxBuilder model;
    model.input("x", dims, type).node("Relu", {"x"}, {"y"}).output("y");
    return fault(model);
  };
  EXPECT_EQ(with_input({0, 3, 0, 32}),
            "MODEL: input 'x' has no fixed size in dimension 2 ('D2'); only the batch may be symbolic");
  EXPECT_THAT(with_input({8, 3, 32, 32}), HasSubstr("input 'x' has a batch of 8"));
  EXPECT_THAT(with_input({1, 3, 4, 32, 32}), HasSubstr("input 'x' has rank 5"));
  EXPECT_THAT(with_input({1, 3, 4, 4}, kOnnxInt64), HasSubstr("input 'x' has an element type other than float"));
  EXPECT_THAT(with_input({1, 1 << 30}), HasSubstr("input 'x'"));
}

TEST_F(ConstraintTest, WeightsThatDoNotFit) {
  const auto conv = [&](const Dims& dims, std::int64_t bias, const Attributes& attributes = {}) {
    std::int64_t count = 1;
    for (const std::int64_t d : dims) count *= d;
    OnnxBuilder model;
    model.input("x", {1, 4, 8, 8})
        .output("y")
        .weights("w", dims, pattern(count, 1))
        .weights("b", {bias}, pattern(bias, 2));
    model.node("Conv", {"x", "w", "b"}, {"y"}, attributes, "conv");
    return fault(model);
  };
  EXPECT_EQ(conv({2, 4, 3, 3}, 2), "");
  EXPECT_EQ(conv({2, 3, 3, 3}, 2),
            "MODEL: node 'conv' (Conv, input 4 x 8 x 8): the weights are for 3 input channels in 1 group(s), the input "
            "has 4");
  EXPECT_THAT(conv({2, 4, 3, 3}, 3), HasSubstr("the bias has 3 elements for 2 output channels"));
  EXPECT_THAT(conv({2, 4, 9, 3}, 2), HasSubstr("the kernel covers 9 rows"));
  EXPECT_THAT(conv({3, 2, 3, 3}, 3, {{"group", 2}}), HasSubstr("2 groups do not divide"));
  EXPECT_THAT(conv({2, 4, 3, 3}, 2, {{"group", 0}}), HasSubstr("groups do not divide"));
  EXPECT_THAT(conv({2, 4, 3, 3}, 2, {{"strides", Ints{0, 1}}}), HasSubstr("'strides' holds 0"));
  EXPECT_THAT(conv({2, 4, 3, 3}, 2, {{"pads", Ints{1, 1}}}), HasSubstr("'pads' has 2 numbers where 4 are needed"));
  EXPECT_THAT(conv({2, 4, 3, 3}, 2, {{"strides", 2.5f}}), HasSubstr("'strides' is no list of integers"));
  EXPECT_THAT(conv({2, 4, 3, 3}, 2, {{"kernel_shape", Ints{5, 5}}}), HasSubstr("'kernel_shape' disagrees"));
  EXPECT_THAT(conv({2, 4, 3}, 2), HasSubstr("weights of rank 3 for an input of rank 4"));

  OnnxBuilder gemm;
  gemm.input("x", {1, 4}).output("y").weights("w", {5, 2}, pattern(10, 1)).node("Gemm", {"x", "w"}, {"y"}, {}, "fc");
  EXPECT_EQ(fault(gemm), "MODEL: node 'fc' (Gemm, input 4): the weights are for 5 inputs, the input has 4");
}

TEST_F(ConstraintTest, NotANumberInWeightsNamesTheTensor) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    OnnxBuilder model;
    model.input("x", {1, 1, 1, 1}).output("y").weights("kernel", {1, 1, 1, 1}, {bad});
    model.node("Conv", {"x", "kernel"}, {"y"}, {}, "conv");
    EXPECT_THAT(fault(model), HasSubstr("tensor 'kernel' holds a NaN or an infinity"));
  }
}

TEST_F(ConstraintTest, TensorsWhoseBytesDoNotMatchTheirDimensions) {
  OnnxBuilder bytes, negative, huge, product;
  const auto finish = [](OnnxBuilder& model) -> OnnxBuilder& {
    return model.input("x", {1, 1, 1, 1}).output("y").node("Mul", {"x", "w"}, {"y"});
  };
  EXPECT_THAT(fault(finish(bytes.raw("w", {2}, kOnnxFloat, "1234567"))),
              HasSubstr("tensor 'w' has 7 bytes where its dimensions need 8"));
  EXPECT_THAT(fault(finish(negative.raw("w", {-1}, kOnnxFloat, "1234"))), HasSubstr("negative dimension -1"));
  EXPECT_THAT(fault(finish(huge.raw("w", {std::int64_t{1} << 62}, kOnnxFloat, "1234"))), HasSubstr("more than"));
  EXPECT_THAT(fault(finish(product.raw("w", {1 << 20, 1 << 20, 1 << 20, 1 << 20}, kOnnxFloat, "1234"))),
              HasSubstr("more than"));
}

TEST_F(ConstraintTest, GraphsThatAreNone) {
  OnnxBuilder cycle, missing, twice, no_output, old(6), modern(22);
  cycle.input("x", {1, 1, 1, 1})
      .output("y")
      .node("Add", {"x", "b"}, {"a"}, {}, "first")
      .node("Add", {"a", "x"}, {"b"})
      .node("Relu", {"b"}, {"y"});
  EXPECT_THAT(fault(cycle), HasSubstr("node 'first' (Add) is in, or behind, a cycle of nodes"));
  missing.input("x", {1, 1, 1, 1}).output("y").node("Add", {"x", "ghost"}, {"y"}, {}, "sum");
  EXPECT_THAT(fault(missing), HasSubstr("node 'sum' (Add) reads 'ghost', which no node, input or initializer makes"));
  twice.input("x", {1, 1, 1, 1}).output("y").node("Relu", {"x"}, {"y"}).node("Neg", {"x"}, {"y"}, {}, "again");
  EXPECT_THAT(fault(twice), HasSubstr("node 'again' (Neg): its output 'y' is made elsewhere, too"));
  no_output.input("x", {1, 1, 1, 1}).node("Relu", {"x"}, {"y"});
  EXPECT_THAT(fault(no_output), HasSubstr("has no output"));
  old.input("x", {1, 1}).node("Relu", {"x"}, {"y"}).output("y");
  EXPECT_EQ(fault(old), "MODEL uses ONNX opset 6; supported are opsets 7 to 21");
  modern.input("x", {1, 1}).node("Relu", {"x"}, {"y"}).output("y");
  EXPECT_THAT(fault(modern), HasSubstr("opset 22"));
}

TEST_F(ConstraintTest, NodesThatOnlyTrainingHas) {
  OnnxBuilder dropout, pool;
  dropout.input("x", {1, 1, 2, 2}).output("y").node("Dropout", {"x"}, {"d", "mask"}).node("Mul", {"d", "mask"}, {"y"});
  EXPECT_EQ(fault(dropout), "MODEL: node 'd' (Dropout, input 1 x 2 x 2): only the first output is supported");
  pool.input("x", {1, 1, 2, 2}).output("y").output("i");
  pool.node("MaxPool", {"x"}, {"y", "i"}, {{"kernel_shape", Ints{2, 2}}}, "pool");
  EXPECT_THAT(fault(pool), HasSubstr("node 'pool' (MaxPool, input 1 x 2 x 2): only the first output is supported"));
}

TEST_F(ConstraintTest, SoftmaxAndReshapeInTheMiddle) {
  const auto canonical_fault = [&](const OnnxBuilder& model) -> std::string {
    try {
      compiler::canonicalize(import(model));
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  OnnxBuilder softmax, reshape, at_end;
  softmax.input("x", {1, 4, 2, 2}).output("y").node("Softmax", {"x"}, {"s"}, {{"axis", 1}}, "attention");
  softmax.node("GlobalAveragePool", {"s"}, {"y"});
  EXPECT_EQ(canonical_fault(softmax),
            "node 'attention' (softmax, input 4 x 2 x 2): softmax is computed by the host and has to be "
            "the last computation of an output");
  reshape.input("x", {1, 4, 2, 2}).output("y").integers("s", {4}, {1, 2, 4, 2}).node("Reshape", {"x", "s"}, {"r"});
  reshape.node("MaxPool", {"r"}, {"y"}, {{"kernel_shape", Ints{2, 2}}});
  EXPECT_THAT(canonical_fault(reshape), HasSubstr("a change of shape has to be at an output"));
  at_end.input("x", {1, 4, 2, 2}).output("y").integers("s", {2}, {1, 16}).node("Reshape", {"x", "s"}, {"r"});
  at_end.node("Softmax", {"r"}, {"y"});
  EXPECT_EQ(canonical_fault(at_end), "");
}

TEST_F(ConstraintTest, EveryOneIsInTheDocumentation) {
  using compiler::importer::Constraint;
  const std::string page = compiler::operators_markdown();
  for (int i = 0; i < static_cast<int>(Constraint::count_); ++i)
    EXPECT_THAT(page, HasSubstr(std::string(sentence(static_cast<Constraint>(i)))));
}

}  // namespace
}  // namespace evenshift::test

// TFLite files as graphs.
#include <fstream>

#include "compiler/ir/passes/quantizers.h"
#include "tests/compiler/import/import_fixture.h"
#include "tests/support/tflite_builder.h"

namespace evenshift::test {
namespace {

using compiler::Conv;
using compiler::Graph;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::int32_t kAdd = 0, kAveragePool = 1, kConcatenation = 2, kConv = 3, kFullyConnected = 9, kReshape = 22,
                       kResizeBilinear = 23, kSoftmax = 25, kPad = 34, kMean = 40, kStridedSlice = 45, kSplit = 49,
                       kResizeNearest = 97;

class TfliteImportTest : public testing::Test {
 protected:
  Graph import(const TfliteBuilder& model) const {
    return compiler::canonicalize(compiler::import_tflite(model.write(folder_.path() / "net.tflite")));
  }
  std::string fault(const TfliteBuilder& model) const {
    try {
      import(model);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
  /// What a float model makes of 0, 1, 2, … in the order of the file.
  Numbers run(const TfliteBuilder& model) const {
    const Graph graph = import(model);
    const compiler::Shape s = graph.value(graph.inputs[0]).shape;
    Numbers input(static_cast<std::size_t>(s.elements()));
    for (std::int64_t p = 0; p < s.height * s.width; ++p)
      for (std::int64_t c = 0; c < s.channels; ++c)
        input[static_cast<std::size_t>(c * s.height * s.width + p)] = static_cast<double>(p * s.channels + c);
    return evaluate_outputs(graph, {input})[0];
  }
  TemporaryFolder folder_;
};

std::int32_t reals(TfliteBuilder& model, const std::string& name, const std::vector<std::int32_t>& shape,
                   const std::vector<float>& values = {}) {
  const std::string data(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  model.tensors.push_back({name, kTfliteFloat, shape, data, {}, {}, 0});
  return static_cast<std::int32_t>(model.tensors.size()) - 1;
}

/// One operator on a 2 x 3 image of 2 channels.
struct OneOperator {
  TfliteBuilder model;
  std::int32_t input = reals(model, "x", {1, 2, 3, 2});

  TfliteBuilder& with(std::int32_t code, const std::vector<std::int32_t>& more, const std::vector<std::int32_t>& shape,
                      const TfliteOptions& options = {}) {
    model.inputs = {input};
    model.outputs = {reals(model, "y", shape)};
    std::vector<std::int32_t> inputs{input};
    inputs.insert(inputs.end(), more.begin(), more.end());
    model.op(code, inputs, model.outputs[0], options);
    return model;
  }
};

TEST_F(TfliteImportTest, QuantizedConvHasItsWeightsWithChannelsFirst) {
  TfliteBuilder model;
  const auto x = model.codes("x", {1, 3, 4, 2}, 0.5f, -3);
  const auto w = model.constant("w", {2, 1, 2, 2}, {1, 2, 3, 4, 5, 6, 7, -127}, {0.25f, 0.125f}, 0);
  const auto b = model.words("b", {100, -7}, {0.125f, 0.0625f});
  const auto y = model.codes("y", {1, 2, 4, 2}, 0.1f, -128);
  model.inputs = {x};
  model.outputs = {y};
  // SAME, stride 1 x 2 (width x height), RELU6.
  model.op(kConv, {x, w, b}, y, {{0, std::int8_t{0}}, {1, 1}, {2, 2}, {3, std::int8_t{3}}});
  const Graph graph = import(model);
  ASSERT_EQ(graph.nodes.size(), 1u);
  EXPECT_EQ(graph.nodes[0].name, "y");
  EXPECT_TRUE(compiler::is_quantized(graph));
  EXPECT_EQ(graph.value(graph.inputs[0]).shape, (compiler::Shape{2, 3, 4}));
  EXPECT_THAT(graph.value(graph.inputs[0]).dimensions, ElementsAre(1, 3, 4, 2));
  const auto& conv = std::get<Conv>(graph.nodes[0].op);
  EXPECT_THAT(conv.codes->weights, ElementsAre(1, 3, 2, 4, 5, 7, 6, -127));
  EXPECT_THAT(conv.codes->scales, ElementsAre(0.25, 0.125));
  EXPECT_THAT(conv.codes->bias, ElementsAre(100, -7));
  EXPECT_EQ(conv.window.stride_height, 2);
  EXPECT_EQ(conv.window.pad_right, 1);
  EXPECT_EQ(conv.window.pad_left, 0);
  // 6 / 0.1 is 60 codes above the zero point.
  EXPECT_NEAR(conv.clamp.high, 6, 1e-6);
}

TEST_F(TfliteImportTest, ReadsAxesInTheOrderOfTheFile) {
  OneOperator pad, mean, concat, slice, resize, softmax;
  const auto pads = pad.model.words("p", {0, 0, 1, 0, 0, 1, 0, 0});
  pad.model.tensors.back().shape = {4, 2};
  EXPECT_THAT(run(pad.with(kPad, {pads}, {1, 3, 4, 2})),
              ElementsAre(0, 0, 0, 0, 0, 2, 4, 0, 6, 8, 10, 0, 0, 0, 0, 0, 1, 3, 5, 0, 7, 9, 11, 0));
  const auto axes = mean.model.words("a", {1, 2});
  EXPECT_THAT(run(mean.with(kMean, {axes}, {1, 2}, {{0, std::int8_t{0}}})), ElementsAre(5, 6));
  EXPECT_THAT(run(concat.with(kConcatenation, {concat.input}, {1, 2, 3, 4}, {{0, 3}})),
              ElementsAre(0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11, 0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11));
  const auto begin = slice.model.words("b", {0, 1, 2, 0}), end = slice.model.words("e", {1, 2, 0, 2}),
             steps = slice.model.words("s", {1, 1, -1, 1});
  EXPECT_THAT(run(slice.with(kStridedSlice, {begin, end, steps}, {1, 1, 3, 2}, {{0, 0}, {1, 4}})),
              ElementsAre(10, 8, 6, 11, 9, 7));
  const auto size = resize.model.words("z", {2, 6});
  EXPECT_THAT(run(resize.with(kResizeNearest, {size}, {1, 2, 6, 2})),
              ElementsAre(0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 10, 10, 1, 1, 3, 3, 5, 5, 7, 7, 9, 9, 11, 11));
}

TEST_F(TfliteImportTest, SplitsAndJoinsChannels) {
  TfliteBuilder model;
  const auto axis = model.words("axis", {3}), x = reals(model, "x", {1, 1, 2, 4}), a = reals(model, "a", {1, 1, 2, 2}),
             b = reals(model, "b", {1, 1, 2, 2}), y = reals(model, "y", {1, 1, 2, 2});
  model.inputs = {x};
  model.outputs = {y};
  model.operators.push_back({kSplit, {axis, x}, {a, b}, {{0, 2}}});
  model.op(kAdd, {a, b}, y);
  EXPECT_THAT(run(model), ElementsAre(2, 10, 4, 12));
}

TEST_F(TfliteImportTest, DenseLayerReadsAnImageInTheOrderOfTheFile) {
  OneOperator one;
  const auto w =
      reals(one.model, "w", {2, 12}, {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_THAT(run(one.with(kFullyConnected, {w}, {1, 2})), ElementsAre(22, 1));
}

TEST_F(TfliteImportTest, ReportsAllFaultsAtOnce) {
  TfliteBuilder model;
  const auto x = reals(model, "x", {1, 2, 2, 1}), size = model.words("size", {4, 4}),
             a = reals(model, "a", {1, 4, 4, 1}), b = reals(model, "b", {1, 2, 2, 1}),
             c = reals(model, "c", {1, 2, 2, 1}), d = reals(model, "d", {1, 2, 2, 1});
  model.inputs = {x};
  model.outputs = {a, b, c, d};
  model.op(kResizeBilinear, {x, size}, a);
  model.op(kSoftmax, {x}, b, {{0, 2.0f}});
  model.op(kAdd, {x, x}, c, {{0, std::int8_t{4}}});
  model.op(205, {x}, d);
  const std::string text = fault(model);
  EXPECT_THAT(text,
              HasSubstr("net.tflite: node 'a' (RESIZE_BILINEAR, input 2 x 2 x 1): the operator RESIZE_BILINEAR is "
                        "not supported\n"));
  EXPECT_THAT(text, HasSubstr("node 'b' (SOFTMAX, input 2 x 2 x 1): beta has to be 1\n"));
  EXPECT_THAT(text, HasSubstr("node 'c' (ADD, input 2 x 2 x 1): the fused activation has to be none, RELU, RELU6 or "
                              "RELU_N1_TO_1\n"));
  EXPECT_THAT(text, HasSubstr("the operator builtin operator 205 is not supported"));
  EXPECT_THAT(text, HasSubstr("supported operators: ADD, AVERAGE_POOL_2D"));
}

TEST_F(TfliteImportTest, RefusesWhatIsNoModel) {
  TfliteBuilder model = OneOperator().with(kReshape, {}, {1, 12});
  model.version = 2;
  EXPECT_THAT(fault(model), HasSubstr("has version 2 of the TFLite schema; supported is version 3"));
  model.version = 3;
  model.operators[0].inputs[0] = 7;
  EXPECT_THAT(fault(model), HasSubstr("an input of operator 0 is tensor 7, of which there are 2"));
  std::ofstream(folder_.path() / "text.tflite") << "no model at all";
  EXPECT_THROW(compiler::import_tflite(folder_.path() / "text.tflite"), Error);
}

}  // namespace
}  // namespace evenshift::test

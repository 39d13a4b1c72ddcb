// int8 TFLite networks give TFLite's bits: layer by layer, against its reference arithmetic written anew in
// tests/support/tflite_kernels.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>

#include "arch/base/atomic_file.h"
#include "compiler/import/import.h"
#include "compiler/ir/passes/canonicalize.h"
#include "compiler/quantize/quantize_add.h"
#include "compiler/quantize/quantize_graph.h"
#include "compiler/reference/integer_evaluator.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/tflite_builder.h"
#include "tests/support/tflite_kernels.h"

namespace evenshift::test {
namespace {

using namespace compiler;

constexpr std::int32_t kAdd = 0, kAveragePool = 1, kConv = 3, kDepthwise = 4, kFullyConnected = 9, kMaxPool = 17,
                       kMultiply = 18, kReshape = 22, kSubtract = 41;

NpuConfig tflite_machine() {
  NpuConfig config;
  config.requantizer.rounding = RoundingMode::tflite_double;
  config.requantizer.requant_scale = RequantScale::channel_multiplier;
  return config;
}

/// A file, as this compiler and as TFLite's arithmetic run it.
class Twin {
 public:
  explicit Twin(const std::filesystem::path& path)
      : bytes_(read_file(path)), buffer_(bytes_, path.string()), model_(tflite::read_tflite(buffer_, bytes_, path)) {
    const Graph graph = canonicalize(import_tflite(path));
    const std::vector<ValueRange> no_ranges(graph.values.size());
    network_ = std::make_shared<const QuantizedGraph>(
        quantize_graph(graph, no_ranges, tflite_machine(), CompileOptions{}).graph);
  }

  /// Runs both on these codes, TFLite's kernels each on what the compiler's layers before it gave, and counts the codes
  /// that differ, by the layer's name.
  std::map<std::string, std::int64_t> differences(const std::vector<Codes>& inputs) const {
    const std::vector<Codes> ours = IntegerEvaluator(network_).run(inputs);
    std::map<std::string, std::int64_t> found;
    std::map<std::int32_t, TfliteCodes> tensors;
    for (std::size_t i = 0; i < inputs.size(); ++i) tensors[model_.inputs[i]] = inputs[i];
    for (const tflite::TfliteOperator& op : model_.operators) {
      if (!run_tflite_kernel(model_, op, tensors)) continue;
      TfliteCodes& theirs = tensors.at(op.outputs[0]);
      const std::string& name = model_.tensors[static_cast<std::size_t>(op.outputs[0])].name;
      const auto node = std::ranges::find(network_->graph.nodes, name, &Node::name);
      if (op.code == kReshape) continue;
      if (node == network_->graph.nodes.end()) {
        ADD_FAILURE() << "there is no layer '" << name << "'";
        continue;
      }
      const Codes& codes = ours[static_cast<std::size_t>(node->output)];
      EXPECT_EQ(codes.size(), theirs.size()) << name;
      std::int64_t& count = found[name];
      for (std::size_t i = 0; i < codes.size() && i < theirs.size(); ++i) {
        if (codes[i] == theirs[i]) continue;
        EXPECT_EQ(std::abs(codes[i] - theirs[i]), 1) << name << " element " << i;
        ++count;
      }
      theirs = codes;
    }
    return found;
  }

  [[nodiscard]] const QuantizedGraph& network() const { return *network_; }
  [[nodiscard]] std::vector<Codes> random_inputs(std::mt19937& random) const {
    std::vector<Codes> inputs;
    for (const ValueId id : network_->graph.inputs) {
      inputs.emplace_back(static_cast<std::size_t>(network_->graph.value(id).shape.elements()));
      for (std::int8_t& code : inputs.back()) code = static_cast<std::int8_t>(random() % 256);
    }
    return inputs;
  }

 private:
  std::vector<std::uint8_t> bytes_;
  tflite::FlatBuffer buffer_;
  tflite::TfliteModel model_;
  std::shared_ptr<const QuantizedGraph> network_;
};

class TfliteArithmeticTest : public testing::Test {
 protected:
  float scale() { return std::uniform_real_distribution<float>(0.01f, 0.2f)(random_); }
  std::int32_t zero_point() { return static_cast<std::int32_t>(random_() % 256) - 128; }
  std::vector<float> scales(std::size_t count) {
    std::vector<float> values(count);
    for (float& value : values) value = scale() * 0.1f;
    return values;
  }
  std::vector<std::int8_t> weights(std::size_t count) {
    std::vector<std::int8_t> values(count);
    for (std::int8_t& value : values) value = static_cast<std::int8_t>(static_cast<int>(random_() % 255) - 127);
    return values;
  }
  std::vector<std::int32_t> biases(std::size_t count) {
    std::vector<std::int32_t> values(count);
    for (std::int32_t& value : values) value = static_cast<std::int32_t>(random_() % 20001) - 10000;
    return values;
  }
  std::int32_t codes(TfliteBuilder& model, const std::string& name, const std::vector<std::int32_t>& shape) {
    return model.codes(name, shape, scale(), zero_point());
  }
  static std::vector<float> products(const TfliteBuilder& model, std::int32_t input, const std::vector<float>& steps) {
    std::vector<float> result;
    for (const float step : steps) result.push_back(model.tensors[static_cast<std::size_t>(input)].scales[0] * step);
    return result;
  }
  void expect_equal(TfliteBuilder& model, std::vector<std::int32_t> inputs, std::int32_t output) {
    model.inputs = std::move(inputs);
    model.outputs = {output};
    const Twin twin(model.write(folder_.path() / "net.tflite"));
    for (int round = 0; round < 4; ++round)
      for (const auto& [name, count] : twin.differences(twin.random_inputs(random_))) EXPECT_EQ(count, 0) << name;
  }

  std::mt19937 random_{77};
  TemporaryFolder folder_;
};

TEST_F(TfliteArithmeticTest, Convs) {
  for (int round = 0; round < 12; ++round) {
    TfliteBuilder model;
    const auto channels = static_cast<std::int32_t>(1 + random_() % 5),
               stride = static_cast<std::int32_t>(1 + random_() % 2);
    const auto padding = static_cast<std::int8_t>(round % 2), activation = static_cast<std::int8_t>(round % 4);
    const auto made = [&](std::int32_t size) {
      return padding == 0 ? (size + stride - 1) / stride : (size - 3) / stride + 1;
    };
    const auto x = codes(model, "x", {1, 7, 6, channels}), y = codes(model, "y", {1, made(7), made(6), 4});
    const std::vector<float> steps = scales(4);
    const auto w = model.constant("w", {4, 3, 3, channels}, weights(static_cast<std::size_t>(36 * channels)), steps, 0);
    const auto b = model.words("b", biases(4), products(model, x, steps));
    model.op(kConv, {x, w, b}, y, {{0, padding}, {1, stride}, {2, stride}, {3, activation}});
    expect_equal(model, {x}, y);
  }
}

TEST_F(TfliteArithmeticTest, DepthwiseConvs) {
  for (int round = 0; round < 12; ++round) {
    TfliteBuilder model;
    const auto multiplier = static_cast<std::int32_t>(1 + random_() % 2);
    const auto x = codes(model, "x", {1, 6, 5, 3}), y = codes(model, "y", {1, 6, 5, 3 * multiplier});
    const std::vector<float> steps = scales(static_cast<std::size_t>(3 * multiplier));
    const auto w =
        model.constant("w", {1, 3, 3, 3 * multiplier}, weights(static_cast<std::size_t>(27 * multiplier)), steps, 3);
    const auto b = model.words("b", biases(steps.size()), products(model, x, steps));
    model.op(kDepthwise, {x, w, b}, y,
             {{0, std::int8_t{0}}, {1, 1}, {2, 1}, {3, multiplier}, {4, static_cast<std::int8_t>(round % 4)}});
    expect_equal(model, {x}, y);
  }
}

TEST_F(TfliteArithmeticTest, DenseLayersWithOneScaleAndWithOneAChannel) {
  for (int round = 0; round < 12; ++round) {
    TfliteBuilder model;
    const auto x = codes(model, "x", {1, 20}), y = codes(model, "y", {1, 5});
    const std::vector<float> steps = scales(round % 2 == 0 ? 1 : 5);
    const auto w = model.constant("w", {5, 20}, weights(100), steps, 0);
    const auto b = model.words("b", biases(5), products(model, x, std::vector<float>(5, steps[0])));
    if (steps.size() > 1) model.tensors.back().scales = products(model, x, steps);
    model.op(kFullyConnected, {x, w, b}, y, {{0, std::int8_t{0}}});
    expect_equal(model, {x}, y);
  }
}

TEST_F(TfliteArithmeticTest, Pools) {
  for (const std::int32_t size : {2, 3, 5}) {
    for (const std::int32_t code : {kAveragePool, kMaxPool}) {
      TfliteBuilder model;
      const auto x = codes(model, "x", {1, 7, 8, 3});
      const auto& params = model.tensors[0];
      const auto y = model.codes("y", {1, 7, 8, 3}, params.scales[0], params.zero_points[0]);
      model.op(code, {x}, y, {{0, std::int8_t{0}}, {1, 1}, {2, 1}, {3, size}, {4, size}, {5, std::int8_t{0}}});
      expect_equal(model, {x}, y);
    }
  }
}

TEST_F(TfliteArithmeticTest, Products) {
  for (int round = 0; round < 8; ++round) {
    TfliteBuilder model;
    const auto a = codes(model, "a", {1, 16, 16, 4}), b = codes(model, "b", {1, 16, 16, 4}),
               y = model.codes("y", {1, 16, 16, 4}, scale() * 10, zero_point());
    model.op(kMultiply, {a, b}, y, {{0, static_cast<std::int8_t>(round % 4)}});
    expect_equal(model, {a, b}, y);
  }
}

/// What the machine's one rounding cannot do shows in all pairs of codes: none or a few of them.
TEST_F(TfliteArithmeticTest, SumsDifferInFewPairsOfCodes) {
  std::int64_t layers_that_differ = 0;
  for (int round = 0; round < 12; ++round) {
    TfliteBuilder model;
    const auto a = codes(model, "a", {1, 256, 256, 1}), b = codes(model, "b", {1, 256, 256, 1}),
               y = codes(model, "y", {1, 256, 256, 1});
    const bool subtracts = round % 3 == 2;
    model.op(subtracts ? kSubtract : kAdd, {a, b}, y, {{0, static_cast<std::int8_t>(round % 2)}});
    model.inputs = {a, b};
    model.outputs = {y};
    const Twin twin(model.write(folder_.path() / "net.tflite"));
    std::vector<Codes> all(2, Codes(65536));
    for (std::size_t i = 0; i < 65536; ++i) {
      all[0][i] = static_cast<std::int8_t>(i / 256);
      all[1][i] = static_cast<std::int8_t>(i % 256);
    }
    const std::int64_t count = twin.differences(all).at("y");
    const auto& network = twin.network();
    EXPECT_EQ(count, differences_from_tflite(std::get<QuantizedAdd>(network.nodes[0]),
                                             std::get<Add>(network.graph.nodes[0].op),
                                             {network.values[0], network.values[1], network.values[2]}));
    EXPECT_LE(count, 4);
    layers_that_differ += count > 0;
  }
  EXPECT_LE(layers_that_differ, 3);
}

class RealTfliteTest : public testing::TestWithParam<std::string> {};

/// Whole published networks, on random codes: every layer sees what the one before it makes of them.
TEST_P(RealTfliteTest, EveryLayerHasTflitesBits) {
  const char* data = std::getenv("EVENSHIFT_DATA");
  if (data == nullptr || *data == '\0')
    GTEST_SKIP() << "EVENSHIFT_DATA is not set: it names the folder of the published networks (tflite/)";
  const std::filesystem::path path = std::filesystem::path(data) / "tflite" / (GetParam() + ".tflite");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "there is no '" << path.string() << "'";
  const Twin twin(path);
  std::mt19937 random(5);
  const std::map<std::string, std::int64_t> total = twin.differences(twin.random_inputs(random));
  EXPECT_GT(total.size(), 8u);
  for (const auto& [name, count] : total) EXPECT_EQ(count, 0) << name;
}

INSTANTIATE_TEST_SUITE_P(Files, RealTfliteTest, testing::Values("kws", "resnet8", "vww_96_int8"),
                         [](const auto& tested) { return tested.param; });

}  // namespace
}  // namespace evenshift::test

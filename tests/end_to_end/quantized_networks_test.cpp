// Networks that are quantized already: written as ONNX, read again, refitted, and run by another runtime.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "host/npy.h"
#include "tests/end_to_end/evenshift_program.h"

namespace evenshift::end_to_end {
namespace {

using testing::HasSubstr;

class QuantizedNetworks : public testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  [[nodiscard]] std::string sidecar() const {
    return std::string(EVENSHIFT_SOURCE_DIR "/models/") + model_.name + ".yaml";
  }
  /// The network quantized for `scale`, as an image and as ONNX.
  void compile_both(const std::string& scale) {
    compile(model_, path("first.evs"), {"--requant-scale", scale, "--qdq", path("net.onnx")});
  }
  [[nodiscard]] nlohmann::json score(const std::string& image) const {
    const auto run = succeed({"evaluate", image, "--data", model_.evaluation(), "--against", model_.onnx(), "--limit",
                              "100", "--quiet", "--json", "-"});
    return nlohmann::json::parse(run.output);
  }

  TrainedModel model_ = kTrainedModels[0];
  host::TempFolder folder_;
};

TEST_F(QuantizedNetworks, WrittenAndReadAgainNeedNoCalibrationAndGiveTheSameOutputs) {
  for (const std::string scale : {"layer_with_channel_shift", "channel_multiplier"}) {
    compile_both(scale);
    succeed({"compile", path("net.onnx"), "--sidecar", sidecar(), "--requant-scale", scale, "-o", path("second.evs"),
             "-q"});
    const nlohmann::json first = score(path("first.evs"));
    EXPECT_EQ(first, score(path("second.evs"))) << scale;
    EXPECT_GT(first.at("agreement").get<double>(), 0.95) << scale;
  }
}

TEST_F(QuantizedNetworks, FloatNetworksNeedCalibration) {
  const auto run = evenshift({"compile", model_.onnx(), "-o", path("net.evs")});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.errors, HasSubstr("has values without quantization parameters: --calibrate DATA is needed"));
}

TEST_F(QuantizedNetworks, AreRefittedToAShifter) {
  compile_both("channel_multiplier");
  const auto refused =
      evenshift({"compile", path("net.onnx"), "--sidecar", sidecar(), "--shift-bits", "4", "-o", path("net.evs")});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.errors, HasSubstr("which requant_scale layer_with_channel_shift cannot carry"));

  succeed({"fit", path("net.onnx"), "--shift-bits", "4", "-o", path("fitted.onnx"), "--json", path("fit.json"), "-q"});
  const auto layers = json_file(path("fit.json")).at("layers");
  EXPECT_EQ(layers.size(), 16u);
  for (const auto& layer : layers) EXPECT_GT(layer.at("weight_sqnr_db").get<double>(), 25) << layer;
  const auto again = succeed({"fit", path("fitted.onnx"), "--shift-bits", "4"});
  EXPECT_THAT(again.output, HasSubstr("a shifter of 4 bits carries 16 of 16 layers exactly"));

  succeed({"compile", path("fitted.onnx"), "--sidecar", sidecar(), "--shift-bits", "4", "-o", path("a.evs"), "-q"});
  succeed(
      {"compile", path("net.onnx"), "--sidecar", sidecar(), "--shift-bits", "4", "--fit", "-o", path("b.evs"), "-q"});
  const nlohmann::json fitted = score(path("a.evs"));
  EXPECT_EQ(fitted, score(path("b.evs")));
  EXPECT_GT(fitted.at("agreement").get<double>(), 0.9);
  const auto machine = evenshift({"compile", path("net.onnx"), "--sidecar", sidecar(), "--requant-scale",
                                  "channel_multiplier", "--fit", "-o", path("c.evs")});
  EXPECT_THAT(machine.errors, HasSubstr("--fit is for requant_scale layer_with_channel_shift and layer"));
}

TEST_F(QuantizedNetworks, FitAsksForANetworkWithIntegers) {
  const auto run = evenshift({"fit", model_.onnx()});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.errors, HasSubstr("has no quantized weights"));
}

/// onnxruntime-node is not installed by this project: NODE_PATH names a folder that has it.
TEST_F(QuantizedNetworks, AnotherRuntimeAgrees) {
  if (support::run_program({"/usr/bin/env", "node", "-e", "require('onnxruntime-node')"}).status != 0)
    GTEST_SKIP() << "node has no onnxruntime-node; NODE_PATH may name a folder that has it";
  compile_both("layer_with_channel_shift");
  constexpr int kInputs = 8;
  int agreeing = 0;
  for (int i = 0; i < kInputs; ++i) {
    std::vector<float> input;
    for (int k = 0; k < 3 * 32 * 32; ++k)
      input.push_back(static_cast<float>(std::sin(0.013 * (i + 1) * k) * std::cos(0.0007 * k * k / (i + 2))));
    host::write_npy(path("input.npy"), host::NpyArray::from<float>({1, 3, 32, 32}, input));
    std::ofstream(path("input.f32"), std::ios::binary)
        .write(reinterpret_cast<const char*>(input.data()), static_cast<std::streamsize>(4 * input.size()));
    succeed({"run", path("first.evs"), path("input.npy"), "--output", path("ours.npy")});
    const std::vector<float> ours = host::read_npy(path("ours.npy")).values<float>();
    const auto run =
        support::run_program({"/usr/bin/env", "node", EVENSHIFT_SOURCE_DIR "/tests/end_to_end/run_onnx.cjs",
                              path("net.onnx"), path("input.f32"), "1", "3", "32", "32"});
    ASSERT_EQ(run.status, 0) << run.errors;
    const auto theirs = nlohmann::json::parse(run.output).get<std::vector<float>>();
    ASSERT_EQ(ours.size(), theirs.size());
    const auto best = [](const std::vector<float>& values) {
      return std::ranges::max_element(values) - values.begin();
    };
    agreeing += best(ours) == best(theirs);
    for (std::size_t c = 0; c < ours.size(); ++c)
      EXPECT_NEAR(ours[c], theirs[c], 0.2) << "input " << i << " class " << c;
  }
  EXPECT_GE(agreeing, kInputs - 1);
}

}  // namespace
}  // namespace evenshift::end_to_end

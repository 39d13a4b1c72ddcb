// The networks of models/ that quantization-aware training made: their integers are taken over, not chosen again.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "compiler/import/onnx_model.h"
#include "tests/end_to_end/evenshift_program.h"

namespace evenshift::end_to_end {
namespace {

using compiler::importer::OnnxModel;
using compiler::importer::OnnxNode;

/// Integers of a layer's weights in ONNX's order, and the scale of each output channel.
struct Weights {
  std::vector<std::int64_t> codes;
  std::vector<float> scales;
  friend bool operator==(const Weights&, const Weights&) = default;
};

/// Of every Conv and Gemm, in the order of the file.
std::vector<Weights> weights_of(const std::filesystem::path& file) {
  const OnnxModel model = compiler::importer::read_onnx(file);
  std::map<std::string, const OnnxNode*> maker;
  for (const OnnxNode& node : model.nodes) maker[node.outputs[0]] = &node;
  std::vector<Weights> found;
  for (const OnnxNode& node : model.nodes) {
    if (node.op_type != "Conv" && node.op_type != "Gemm") continue;
    const OnnxNode& dequantize = *maker.at(node.inputs[1]);
    const auto& codes = model.initializers.at(dequantize.inputs[0]);
    Weights weights{codes.integers, model.initializers.at(dequantize.inputs[1]).reals};
    if (weights.scales.size() == 1)
      weights.scales.assign(static_cast<std::size_t>(codes.dimensions[0]), weights.scales[0]);
    found.push_back(std::move(weights));
  }
  return found;
}

class QuantizedModels : public testing::TestWithParam<TrainedModel> {
 protected:
  void SetUp() override {
    succeed({"compile", GetParam().onnx(), "-o", file("net.evs").string(), "--qdq", file("again.onnx").string(),
             "--json", file("report.json").string(), "--quiet"});
  }
  std::filesystem::path file(const std::string& name) const { return folder_.path() / name; }
  host::TempFolder folder_;
};

TEST_P(QuantizedModels, KeepTheirWeightsAndScales) {
  const auto trained = weights_of(GetParam().onnx()), compiled = weights_of(file("again.onnx"));
  ASSERT_GT(trained.size(), 10U);
  EXPECT_EQ(compiled, trained);
  for (const Weights& layer : trained)
    EXPECT_THAT(layer.codes, testing::Each(testing::AllOf(testing::Ge(-7), testing::Le(7)))) << "4 bits";
}

/// The float evaluator runs the file with its roundings, as training did.
TEST_P(QuantizedModels, ClassifyInIntegersAsTheyWereTrained) {
  const auto run = succeed({"evaluate", file("net.evs").string(), "--data", GetParam().evaluation(), "--against",
                            GetParam().onnx(), "--quiet", "--json", "-"});
  const auto report = nlohmann::json::parse(run.output);
  EXPECT_GE(report.at("agreement").get<double>(), 0.99);
  EXPECT_NEAR(report.at("top1").get<double>(), top1(GetParam().onnx(), GetParam().evaluation()), 0.006);
}

INSTANTIATE_TEST_SUITE_P(Models, QuantizedModels,
                         testing::Values(TrainedModel{"shapes_mobilenet_v1_qat4", "shapes", false},
                                         TrainedModel{"digits_mobilenet_v2_qat4", "digits", false}),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace evenshift::end_to_end

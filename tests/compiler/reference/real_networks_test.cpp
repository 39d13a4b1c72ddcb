#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <ostream>
#include <string>

#include "arch/base/parallel.h"
#include "compiler/calibrate/calibrate.h"
#include "compiler/calibrate/value_params.h"
#include "compiler/import/import.h"
#include "compiler/ir/passes/canonicalize.h"
#include "compiler/quantize/quantize_graph.h"
#include "compiler/reference/float_evaluator.h"
#include "compiler/reference/integer_evaluator.h"
#include "compiler/weights/plan_weights.h"
#include "host/dataset.h"
#include "host/preprocess.h"
#include "host/sidecar.h"

namespace evenshift::compiler {
namespace {

/// A network of EVENSHIFT_DATA, and how many of the first rows of its images it gets right: as PyTorch counts on all
/// rows, see the README there.
struct RealNetwork {
  const char* model;
  const char* images;
  std::size_t rows;
  int float_right;
  int integer_rows;
  int integer_agrees;  ///< rows whose class in integers, with a multiplier a channel, is that in floats, at least
};

void PrintTo(const RealNetwork& network, std::ostream* out) { *out << network.model; }

class RealNetworks : public ::testing::TestWithParam<RealNetwork> {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("EVENSHIFT_DATA");
    if (folder == nullptr) GTEST_SKIP() << "set EVENSHIFT_DATA to the folder of real networks and images";
    const std::filesystem::path data = folder;
    const std::filesystem::path model = data / "models" / (std::string(GetParam().model) + ".onnx");
    if (!std::filesystem::exists(model) || !std::filesystem::exists(data / "images" / GetParam().images))
      GTEST_SKIP() << "EVENSHIFT_DATA holds no " << GetParam().model;
    sidecar_ = host::read_sidecar(host::sidecar_path(model));
    images_ = host::read_dataset(data / "images" / GetParam().images, sidecar_.labels->column);
    imported_ = import_onnx(model);
  }

  [[nodiscard]] FloatTensor input(const Graph& graph, std::size_t row) const {
    return {graph.value(graph.inputs[0]).shape, host::preprocess(sidecar_, images_[row].path).values};
  }

  static std::int64_t top_class(const std::vector<float>& scores) {
    return std::ranges::max_element(scores) - scores.begin();
  }

  /// The class of every one of the first rows.
  [[nodiscard]] std::vector<std::int64_t> float_classes(const Graph& graph, std::size_t rows) const {
    const auto network = prepare_float_network(std::make_shared<Graph>(graph));
    std::vector<std::int64_t> classes(rows);
    parallel_for_ordered(rows, 2, [&](std::size_t row) {
      classes[row] = top_class(FloatEvaluator(network).run(std::vector<FloatTensor>{input(graph, row)})[0].values);
    });
    return classes;
  }

  host::Sidecar sidecar_;
  host::Dataset images_;
  Graph imported_;
};

INSTANTIATE_TEST_SUITE_P(Reference, RealNetworks,
                         ::testing::Values(RealNetwork{"mobilenet_v1_075_224", "ilsvrc_val_650", 100, 74, 4, 3},
                                           RealNetwork{"mobilenet_v2_100_224_ptqdeq", "ilsvrc_val_650", 100, 76, 4, 3},
                                           RealNetwork{"squeezenet_v10_dc", "ilsvrc_val_650", 100, 64, 4, 3},
                                           RealNetwork{"resnet8_cifar10", "cifar10_1000", 200, 138, 50, 47},
                                           RealNetwork{"vww_mobilenet_v1_025_96", "vww_128", 128, 108, 50, 47},
                                           RealNetwork{"kws_dscnn", "kws_500", 200, 184, 50, 47}),
                         [](const auto& test) { return std::string(test.param.model); });

TEST_P(RealNetworks, ClassifyInFloatsAsByPyTorch) {
  const auto classes = float_classes(imported_, GetParam().rows);
  int right = 0;
  for (std::size_t row = 0; row < classes.size(); ++row)
    right += classes[row] == images_[row].label + sidecar_.labels->offset;
  EXPECT_EQ(right, GetParam().float_right);
  EXPECT_EQ(float_classes(canonicalize(imported_), 20), std::vector(classes.begin(), classes.begin() + 20));
}

TEST_P(RealNetworks, ClassifyInIntegersAsInFloats) {
  const Graph graph = canonicalize(imported_);
  const CalibrationData data{
      16, [&](std::int64_t row) {
        return std::vector<FloatTensor>{input(graph, images_.size() - 1 - static_cast<std::size_t>(row))};
      }};
  NpuConfig config;
  config.requantizer.requant_scale = RequantScale::channel_multiplier;
  const auto ranges = calibrate(graph, data, {});
  const std::vector<QuantParams> params = value_params(graph, ranges, 8);
  CompileOptions options;
  options.equalize = "shift,bias_correction";
  const auto plans = plan_weights(graph, params, config, options, &data, {});
  const auto network = std::make_shared<QuantizedGraph>(quantize_graph(graph, params, plans, config).graph);
  const IntegerEvaluator evaluator(network, 2);
  const auto rows = static_cast<std::size_t>(GetParam().integer_rows);
  const auto expected = float_classes(graph, rows);
  int agree = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    const auto codes = evaluator.run(std::vector<Codes>{
        quantize_tensor(input(graph, row), network->values[static_cast<std::size_t>(graph.inputs[0])])});
    const Node& last = graph.nodes.back();
    const ValueId scores = codes[static_cast<std::size_t>(last.output)].empty() ? last.inputs[0] : last.output;
    const Codes& of_scores = codes[static_cast<std::size_t>(scores)];
    agree += std::ranges::max_element(of_scores) - of_scores.begin() == expected[row];
  }
  EXPECT_GE(agree, GetParam().integer_agrees);
}

}  // namespace
}  // namespace evenshift::compiler

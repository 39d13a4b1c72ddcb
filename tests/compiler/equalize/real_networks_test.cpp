#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <ostream>
#include <string>

#include "compiler/equalize/absorb_bias.h"
#include "compiler/equalize/cross_layer.h"
#include "compiler/equalize/factorize_weights.h"
#include "compiler/import/import.h"
#include "compiler/ir/passes/canonicalize.h"
#include "host/dataset.h"
#include "host/preprocess.h"
#include "host/sidecar.h"
#include "tests/compiler/equalize/equalize_fixture.h"

namespace evenshift::compiler {
namespace {

struct RealNetwork {
  const char* model;
  const char* images;
};

void PrintTo(const RealNetwork& network, std::ostream* out) { *out << network.model; }

class EqualizedRealNetworks : public ::testing::TestWithParam<RealNetwork> {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("EVENSHIFT_DATA");
    if (folder == nullptr) GTEST_SKIP() << "set EVENSHIFT_DATA to the folder of real networks and images";
    const std::filesystem::path data = folder;
    const std::filesystem::path model = data / "models" / (std::string(GetParam().model) + ".onnx");
    if (!std::filesystem::exists(model) || !std::filesystem::exists(data / "images" / GetParam().images))
      GTEST_SKIP() << "EVENSHIFT_DATA holds no " << GetParam().model;
    graph_ = canonicalize(import_onnx(model));
    const host::Sidecar sidecar = host::read_sidecar(host::sidecar_path(model));
    const host::Dataset dataset = host::read_dataset(data / "images" / GetParam().images, sidecar.labels->column);
    for (std::size_t row = 0; row < 3; ++row)
      images_.push_back({{graph_.value(graph_.inputs[0]).shape, host::preprocess(sidecar, dataset[row].path).values}});
    statistics_ = statistics_of(graph_, images_);
  }

  void expect_same(const Graph& after) { EXPECT_LE(relative_difference(graph_, after, images_), 1e-5); }

  Graph graph_;
  Images images_;
  ActivationStatistics statistics_;
};

INSTANTIATE_TEST_SUITE_P(Equalize, EqualizedRealNetworks,
                         ::testing::Values(RealNetwork{"mobilenet_v1_075_224", "imagenet_sample_500"},
                                           RealNetwork{"mobilenet_v2_100_224_ptqdeq", "imagenet_sample_500"},
                                           RealNetwork{"squeezenet_v10_dc", "imagenet_sample_500"},
                                           RealNetwork{"resnet8_cifar10", "cifar10_1000"},
                                           RealNetwork{"vww_mobilenet_v1_025_96", "vww_128"},
                                           RealNetwork{"kws_dscnn", "kws_500"}),
                         [](const auto& test) { return std::string(test.param.model); });

TEST_P(EqualizedRealNetworks, ComputeTheSame) {
  FactorizationOptions two_step;
  two_step.two_step = true;
  const EqualizedGraph factorized = factorize_weights(graph_, statistics_, two_step);
  expect_same(factorized.graph);
  const AbsorbedGraph absorbed = absorb_bias(factorized.graph, factorized.statistics, {AbsorptionBound::least, false});
  expect_same(absorbed.graph);
  expect_same(equalize_across_layers(graph_, statistics_, {}).graph);
}

TEST_P(EqualizedRealNetworks, ComputeExactlyTheSameWithPowersOfTwo) {
  FactorizationOptions one_step;
  one_step.power_of_two = true;
  EXPECT_EQ(relative_difference(graph_, factorize_weights(graph_, statistics_, one_step).graph, images_), 0);
}

}  // namespace
}  // namespace evenshift::compiler

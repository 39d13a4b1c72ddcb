// The trained networks in EVENSHIFT_DATA, where it is set.
#include <cstdlib>
#include <map>

#include "tests/compiler/import/import_fixture.h"

namespace evenshift::test {
namespace {

/// Kinds of a network's nodes after canonicalize, counted.
std::map<std::string, int> kinds_of(const compiler::Graph& graph) {
  std::map<std::string, int> kinds;
  for (const compiler::Node& node : graph.nodes) ++kinds[std::string(compiler::kind_of(node.op))];
  return kinds;
}

class TrainedNetworkTest : public ::testing::TestWithParam<std::pair<const char*, std::map<std::string, int>>> {};

TEST_P(TrainedNetworkTest, BecomesConvsAndLittleElse) {
  const char* const data = std::getenv("EVENSHIFT_DATA");
  if (data == nullptr) GTEST_SKIP() << "EVENSHIFT_DATA is not set";
  const auto& [name, kinds] = GetParam();
  const auto path = std::filesystem::path(data) / "models" / (std::string(name) + ".onnx");
  const compiler::Graph graph = compiler::canonicalize(compiler::import_onnx(path));
  EXPECT_EQ(kinds_of(graph), kinds);
  EXPECT_EQ(graph.value(graph.outputs[0]).name, "logits");
}

using Kinds = std::map<std::string, int>;
INSTANTIATE_TEST_SUITE_P(
    All, TrainedNetworkTest,
    ::testing::Values(
        std::pair{"mobilenet_v1_075_224", Kinds{{"conv", 15}, {"depthwise_conv", 13}, {"average_pool", 1}}},
        std::pair{"mobilenet_v2_100_224_ptqdeq",
                  Kinds{{"conv", 36}, {"depthwise_conv", 17}, {"add", 10}, {"average_pool", 1}}},
        std::pair{"squeezenet_v10_dc", Kinds{{"conv", 26}, {"concat", 8}, {"max_pool", 3}, {"average_pool", 1}}},
        std::pair{"resnet8_cifar10", Kinds{{"conv", 10}, {"add", 3}, {"average_pool", 1}}},
        std::pair{"vww_mobilenet_v1_025_96", Kinds{{"conv", 15}, {"depthwise_conv", 13}, {"average_pool", 1}}},
        std::pair{"kws_dscnn", Kinds{{"conv", 6}, {"depthwise_conv", 4}, {"average_pool", 1}}}),
    [](const auto& instance) { return std::string(instance.param.first); });

}  // namespace
}  // namespace evenshift::test

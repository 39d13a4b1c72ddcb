// Published networks on photographs; the folder that EVENSHIFT_DATA names has them.
#include <gmock/gmock.h>

#include "tests/end_to_end/evenshift_program.h"

namespace evenshift::end_to_end {
namespace {

struct RealNetwork {
  std::string name, calibration, evaluation;
  double loss;  ///< that the default options may cost at most, top-1 as a fraction
  std::string limit;
  friend std::ostream& operator<<(std::ostream& out, const RealNetwork& network) { return out << network.name; }
};

class RealNetworks : public testing::TestWithParam<RealNetwork> {
 protected:
  void SetUp() override {
    const char* data = std::getenv("EVENSHIFT_DATA");
    if (data == nullptr || *data == '\0')
      GTEST_SKIP() << "EVENSHIFT_DATA is not set: it names the folder of the published networks (models/, images/)";
    root_ = data;
    if (!std::filesystem::exists(onnx())) GTEST_SKIP() << "there is no '" << onnx() << "'";
  }
  [[nodiscard]] std::string onnx() const { return (root_ / "models" / (GetParam().name + ".onnx")).string(); }
  [[nodiscard]] std::string images(const std::string& name) const { return (root_ / "images" / name).string(); }
  std::string compiled(const std::vector<std::string>& flags = {}) {
    const std::string file = (folder_.path() / "net.evs").string();
    succeed(joined({"compile", onnx(), "--calibrate", images(GetParam().calibration), "-o", file, "-q"}, flags));
    return file;
  }
  [[nodiscard]] std::string first_input() const {
    std::ifstream labels(images(GetParam().evaluation) + "/labels.csv");
    std::string line;
    std::getline(labels, line);
    std::getline(labels, line);
    return images(GetParam().evaluation) + "/" + line.substr(0, line.find(','));
  }

  std::filesystem::path root_;
  host::TempFolder folder_;
};

TEST_P(RealNetworks, KeepTheirAccuracy) {
  const std::vector<std::string> limit = {"--limit", GetParam().limit};
  const double reference = top1(onnx(), images(GetParam().evaluation), limit);
  EXPECT_GT(reference, 0.6);
  EXPECT_GT(top1(compiled(), images(GetParam().evaluation), limit), reference - GetParam().loss);
}

TEST_P(RealNetworks, AreTheSameInRtl) {
  const auto run = succeed({"verify", compiled({"-c", EVENSHIFT_SOURCE_DIR "/configs/npu_32x32.yaml"}), first_input(),
                            "--engines", "functional,rtl"},
                           {.environment = {}, .timeout_seconds = 1200, .folder = {}});
  EXPECT_THAT(run.output, testing::HasSubstr("equal: functional = rtl on 1 inputs"));
}

INSTANTIATE_TEST_SUITE_P(
    Networks, RealNetworks,
    testing::Values(RealNetwork{"mobilenet_v1_075_224", "imagenet_sample_500", "ilsvrc_val_650", 0.03, "200"},
                    RealNetwork{"mobilenet_v2_100_224_ptqdeq", "imagenet_sample_500", "ilsvrc_val_650", 0.05, "200"},
                    RealNetwork{"squeezenet_v10_dc", "imagenet_sample_500", "ilsvrc_val_650", 0.03, "200"},
                    RealNetwork{"resnet8_cifar10", "cifar10_1000", "cifar10_1000", 0.03, "1000"},
                    RealNetwork{"vww_mobilenet_v1_025_96", "vww_128", "vww_128", 0.06, "128"},
                    RealNetwork{"kws_dscnn", "kws_500", "kws_500", 0.03, "500"}),
    [](const auto& tested) { return tested.param.name; });

class MobileNetV1 : public RealNetworks {};

/// The project's claim on the network that it was made for.
TEST_P(MobileNetV1, CollapsesLayerWiseAndRecoversWithThreeBits) {
  const std::string data = images(GetParam().evaluation);
  const double reference = top1(onnx(), data);
  EXPECT_NEAR(reference, 0.775, 0.01);
  const auto accuracy = [&](int bits) {
    return top1(compiled({"--equalize", "shift", "--shift-bits", std::to_string(bits)}), data);
  };
  EXPECT_LT(accuracy(0), 0.05);
  EXPECT_LT(accuracy(1), 0.15);
  const double two = accuracy(2);
  EXPECT_GT(two, 0.5);
  EXPECT_LT(two, reference - 0.015);
  EXPECT_NEAR(accuracy(3), reference, 0.015);
  EXPECT_NEAR(accuracy(4), reference, 0.015);
  EXPECT_NEAR(accuracy(5), reference, 0.015);
}

INSTANTIATE_TEST_SUITE_P(Networks, MobileNetV1,
                         testing::Values(RealNetwork{"mobilenet_v1_075_224", "imagenet_sample_500", "ilsvrc_val_650", 0,
                                                     "650"}),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace evenshift::end_to_end

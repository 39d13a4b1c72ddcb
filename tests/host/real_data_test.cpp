#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "host/dataset.h"
#include "host/parallel.h"
#include "host/preprocess.h"
#include "host/resize.h"
#include "tests/host/test_images.h"

// Expected values: Pillow 9.4 with libjpeg-turbo 2.1.5, and NumPy.

namespace evenshift::host {
namespace {

/// Where the data is, and which of it a test needs: a folder of other networks skips, it does not fail.
class RealData : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("EVENSHIFT_DATA");
    if (folder == nullptr) GTEST_SKIP() << "set EVENSHIFT_DATA to the folder of real networks and images";
    folder_ = folder;
  }

  std::filesystem::path images(const std::string& name) const { return folder_ / "images" / name; }
  std::filesystem::path model(const std::string& name) const { return folder_ / "models" / (name + ".yaml"); }

  std::filesystem::path folder_;
};

#define SKIP_WITHOUT(path) \
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "EVENSHIFT_DATA holds no " << (path)

struct Folder {
  const char* name;
  const char* column;
  std::size_t count;
  std::int64_t sum;  ///< of weighted_sum over all images
};

class RealFolder : public RealData, public ::testing::WithParamInterface<Folder> {};
INSTANTIATE_TEST_SUITE_P(Images, RealFolder,
                         ::testing::Values(Folder{"ilsvrc_val_650", "class1000", 650, 5766075233291},
                                           Folder{"imagenet_sample_500", "class1000", 500, 4447583047489},
                                           Folder{"cifar10_1000", "class10", 1000, 185595990302},
                                           Folder{"vww_128", "person", 128, 192973151051}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST_P(RealFolder, DecodesAsByPillow) {
  const Folder& folder = GetParam();
  SKIP_WITHOUT(images(folder.name));
  const Dataset dataset = read_dataset(images(folder.name), folder.column);
  EXPECT_EQ(dataset.size(), folder.count);
  std::int64_t sum = 0;
  parallel_reduce_ordered(
      dataset.size(), 0, [&](std::size_t index) { return weighted_sum(decode_image(dataset[index].path)); },
      [&](std::size_t, std::int64_t value) { sum += value; });
  EXPECT_EQ(sum, folder.sum);
}

struct Input {
  const char* model;
  const char* file;
  std::vector<std::int64_t> shape;
  std::vector<std::pair<std::size_t, float>> values;  ///< index and value
};

class RealInput : public RealData, public ::testing::WithParamInterface<Input> {};
INSTANTIATE_TEST_SUITE_P(
    Models, RealInput,
    ::testing::Values(Input{"mobilenet_v1_075_224",
                            "ilsvrc_val_650/images/ILSVRC2012_val_00000363.JPEG",
                            {1, 3, 224, 224},
                            {{0, -0.9764705896377563f},
                             {(1 * 224 + 100) * 224 + 57, 0.21568627655506134f},
                             {3 * 224 * 224 - 1, 0.48235294222831726f}}},
                      Input{"squeezenet_v10_dc",
                            "ilsvrc_val_650/images/ILSVRC2012_val_00000363.JPEG",
                            {1, 3, 227, 227},
                            {{0, -94.0f}, {(1 * 227 + 100) * 227 + 57, 31.0f}, {3 * 227 * 227 - 1, -123.0f}}},
                      Input{"vww_mobilenet_v1_025_96",
                            "vww_128/images/train2017_000000000009.png",
                            {1, 3, 96, 96},
                            {{0, 1.0f / 255}, {(1 * 96 + 50) * 96 + 57, 59.0f / 255}, {3 * 96 * 96 - 1, 64.0f / 255}}},
                      Input{"kws_dscnn",
                            "kws_500/images/tst_000000_Stop_7.bin",
                            {1, 1, 49, 10},
                            {{0, -47.36093521118164f}, {123, -4.677623271942139f}, {489, -0.5847029089927673f}}}),
    [](const auto& test) { return std::string(test.param.model); });

TEST_P(RealInput, EqualsNumpy) {
  const Input& expected = GetParam();
  SKIP_WITHOUT(model(expected.model));
  SKIP_WITHOUT(images(expected.file));
  const FloatTensor input = preprocess(read_sidecar(model(expected.model)), images(expected.file));
  ASSERT_EQ(input.shape, expected.shape);
  for (const auto& [index, value] : expected.values) EXPECT_EQ(input.values.at(index), value) << index;
}

TEST_F(RealData, ResizesAsPillow) {
  const std::filesystem::path file = images("ilsvrc_val_650/images/ILSVRC2012_val_00000363.JPEG");
  SKIP_WITHOUT(file);
  EXPECT_EQ(weighted_sum(resize_bilinear(decode_image(file), 101, 101)), 1695192578);
}

}  // namespace
}  // namespace evenshift::host

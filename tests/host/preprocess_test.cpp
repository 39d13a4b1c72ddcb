#include "host/preprocess.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "arch/base/error.h"
#include "host/npy.h"
#include "host/resize.h"
#include "tests/host/temp_folder.h"
#include "tests/host/test_images.h"

namespace evenshift::host {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Sidecar sidecar(const std::string& text) { return parse_sidecar(text, "net.yaml", "."); }

const std::string kPlain = "channel_order: rgb, mean: 0, std: 1";

Sidecar image_sidecar(const std::string& shape, const std::string& keys) {
  return sidecar("input_shape: " + shape + "\nimage: {" + keys + "}\n");
}

TEST(PreprocessImage, PlanesInChannelOrder) {
  Image image(2, 1);
  image.pixels = {1, 2, 3, 4, 5, 6};
  const auto values = [&](const std::string& order) {
    return preprocess_image(image_sidecar("[1, 3, 1, 2]", "mean: 0, std: 1, channel_order: " + order), image, "a")
        .values;
  };
  EXPECT_THAT(values("rgb"), ElementsAre(1, 4, 2, 5, 3, 6));
  EXPECT_THAT(values("bgr"), ElementsAre(3, 6, 2, 5, 1, 4));
}

TEST(PreprocessImage, InterleavedLayout) {
  Image image(2, 1);
  image.pixels = {1, 2, 3, 4, 5, 6};
  const FloatTensor tensor =
      preprocess_image(image_sidecar("[1, 1, 2, 3]", "mean: 0, std: 1, channel_order: bgr, layout: nhwc"), image, "a");
  EXPECT_THAT(tensor.shape, ElementsAre(1, 1, 2, 3));
  EXPECT_THAT(tensor.values, ElementsAre(3, 2, 1, 6, 5, 4));
}

TEST(PreprocessImage, MeanAndDeviationFollowTheChannelOrder) {
  Image image(1, 1);
  image.pixels = {10, 20, 30};
  const FloatTensor tensor = preprocess_image(
      image_sidecar("[1, 3, 1, 1]", "mean: [1, 2, 3], std: [2, 4, 7], channel_order: bgr"), image, "a");
  EXPECT_THAT(tensor.values, ElementsAre((30.0f - 1) / 2, (20.0f - 2) / 4, (10.0f - 3) / 7));
}

TEST(PreprocessImage, ScaleComesBeforeTheMean) {
  Image image(1, 1);
  image.pixels = {51, 102, 255};
  const FloatTensor tensor = preprocess_image(
      image_sidecar("[1, 3, 1, 1]", "mean: 0.485, std: 0.229, scale: 0.00392156862745098, channel_order: rgb"), image,
      "a");
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(tensor.values[i], (static_cast<float>(image.pixels[i]) * 0.00392156862745098f - 0.485f) / 0.229f);
}

TEST(PreprocessImage, CentersTheCropWithTheOddPixelBehind) {
  const Image image = rough_image(7, 6);
  const FloatTensor tensor =
      preprocess_image(image_sidecar("[1, 3, 3, 4]", kPlain + ", center_crop: [3, 4]"), image, "a");
  for (int channel = 0; channel < 3; ++channel)
    for (int y = 0; y < 3; ++y)
      for (int x = 0; x < 4; ++x)
        EXPECT_EQ(tensor.values[static_cast<std::size_t>((channel * 3 + y) * 4 + x)],
                  image.row(1 + y)[3 * (1 + x) + channel]);
}

TEST(PreprocessImage, GrayEqualsPillow) {
  // Pillow 9.4: Image.fromarray(rough).convert('L')
  const FloatTensor tensor =
      preprocess_image(image_sidecar("[1, 1, 5, 7]", "channel_order: gray, mean: 0, std: 1"), rough_image(7, 5), "a");
  EXPECT_THAT(tensor.values,
              ElementsAre(82, 119, 127, 164, 201, 88, 125, 93, 135, 148, 190, 82, 124, 89, 104, 122, 169, 66, 113, 83,
                          130, 115, 138, 190, 92, 144, 119, 142, 126, 154, 61, 118, 98, 126, 183));
}

TEST(PreprocessImage, ResizesTheShorterSideThenCrops) {
  const Image image = rough_image(50, 33);  // longer side: floor(50 * 8 / 33) = 12
  const FloatTensor tensor =
      preprocess_image(image_sidecar("[1, 3, 8, 8]", kPlain + ", resize: 8, center_crop: 8"), image, "a");
  const FloatTensor expected =
      preprocess_image(image_sidecar("[1, 3, 8, 8]", kPlain + ", center_crop: 8"), resize_bilinear(image, 12, 8), "a");
  EXPECT_EQ(tensor, expected);
}

TEST(PreprocessImage, ResizesBothSides) {
  const Image image = rough_image(7, 5);
  EXPECT_EQ(preprocess_image(image_sidecar("[1, 3, 9, 10]", kPlain + ", resize: [9, 10]"), image, "a"),
            preprocess_image(image_sidecar("[1, 3, 9, 10]", kPlain), resize_bilinear(image, 10, 9), "a"));
}

TEST(PreprocessImage, EnlargesWhatIsSmallerThanTheCrop) {
  const Sidecar recipe = image_sidecar("[1, 3, 8, 9]", kPlain + ", center_crop: [8, 9]");
  const auto expect_enlarged_to = [&](const Image& image, int width, int height) {
    PreprocessReport report;
    EXPECT_EQ(preprocess_image(recipe, image, "a", &report),
              preprocess_image(recipe, resize_bilinear(image, width, height), "a", &report));
    EXPECT_EQ(report.enlarged_images, 1);
  };
  expect_enlarged_to(rough_image(7, 5), 11, 8);   // floor(7 * 8 / 5)
  expect_enlarged_to(rough_image(5, 7), 9, 12);   // floor(7 * 9 / 5)
  expect_enlarged_to(rough_image(20, 7), 22, 8);  // only too low
  expect_enlarged_to(rough_image(8, 20), 9, 22);  // only too narrow
  PreprocessReport report;
  preprocess_image(recipe, rough_image(9, 8), "a", &report);
  EXPECT_EQ(report.enlarged_images, 0);
  EXPECT_THAT(
      [&] {
        preprocess_image(image_sidecar("[1, 3, 16000, 4]", kPlain + ", center_crop: [16000, 4]"), rough_image(4, 2),
                         "cat.png");
      },
      ThrowsMessage<Error>(HasSubstr("'cat.png': 32000 x 16000 pixels; at most 16384 a side")));
}

TEST(PreprocessImage, RefusesOtherSizes) {
  const Image image = rough_image(7, 5);
  EXPECT_THAT([&] { preprocess_image(image_sidecar("[1, 3, 5, 8]", kPlain), image, "cat.png"); },
              ThrowsMessage<Error>(AllOf(HasSubstr("'cat.png' has 5 x 7 pixels, the input 5 x 8 (height x width)"),
                                         HasSubstr("'image.resize' or 'image.center_crop'"))));
  EXPECT_THAT([&] { preprocess_image(image_sidecar("[1, 3, 4, 4]", kPlain + ", resize: 4"), image, "cat.png"); },
              ThrowsMessage<Error>(HasSubstr("'cat.png' has 4 x 5 pixels, the input 4 x 4")));
  EXPECT_THAT(
      [&] {
        preprocess_image(image_sidecar("[1, 3, 4, 4]", kPlain + ", resize: 4000, center_crop: 4"), rough_image(100, 2),
                         "cat.png");
      },
      ThrowsMessage<Error>(HasSubstr("200000 x 4000 pixels; at most 16384 a side")));
}

class PreprocessFile : public ::testing::Test {
 protected:
  template <typename Value>
  std::filesystem::path npy(const std::vector<std::int64_t>& shape, const std::vector<Value>& values) {
    const auto path = folder_.path() / "a.npy";
    write_npy(path, NpyArray::from<Value>(shape, values));
    return path;
  }
  void refusal(const Sidecar& recipe, const std::filesystem::path& path, const std::string& message) {
    EXPECT_THAT([&] { preprocess(recipe, path); },
                ThrowsMessage<Error>(AllOf(HasSubstr(path.string()), HasSubstr(message))));
  }

  TempFolder folder_;
  Sidecar int8_ = sidecar("input_shape: [1, 4]\nraw: {type: int8, zero_point: 3, scale: 0.1}");
};

TEST_F(PreprocessFile, RawInt8AndUint8) {
  const auto path = folder_.write("a.bin", std::string_view("\x80\xFF\x00\x7F", 4));
  const FloatTensor tensor = preprocess(int8_, path);
  EXPECT_THAT(tensor.shape, ElementsAre(1, 4));
  EXPECT_THAT(tensor.values, ElementsAre(-131.0f * 0.1f, -4.0f * 0.1f, -3.0f * 0.1f, 124.0f * 0.1f));
  const Sidecar uint8 = sidecar("input_shape: [1, 2, 2]\nraw: {type: uint8, zero_point: 128, scale: 2}");
  EXPECT_THAT(preprocess(uint8, path).values, ElementsAre(0, 254, -256, -2));
}

TEST_F(PreprocessFile, RawFloat32) {
  const Sidecar recipe = sidecar("input_shape: [1, 2]\nraw: {type: float32}");
  const auto path = folder_.write("a.bin", std::string_view("\x00\x00\x80\x3f\x00\x00\x20\xc0", 8));
  EXPECT_THAT(preprocess(recipe, path).values, ElementsAre(1.0f, -2.5f));
  refusal(recipe, folder_.write("b.bin", std::string_view("\x00\x00\x80\x3f\x00\x00\x80\x7f", 8)), "value 1 is inf");
}

TEST_F(PreprocessFile, RawOfAnotherSize) {
  refusal(int8_, folder_.write("a.bin", "abc"), "has 3 bytes; the input of shape (1, 4) is 4 bytes");
  refusal(int8_, folder_.write("a.bin", "abcde"), "has 5 bytes");
  refusal(int8_, folder_.write("a.bin", ""), "has 0 bytes");
  refusal(int8_, folder_.path() / "none.bin", "cannot read");
}

TEST_F(PreprocessFile, NpyIsTakenAsItIs) {
  EXPECT_THAT(preprocess(int8_, npy<float>({1, 4}, {1, 2, 3, 4.5f})).values, ElementsAre(1, 2, 3, 4.5f));
  const Sidecar image = image_sidecar("[1, 3, 1, 1]", "mean: 9, std: 9, channel_order: bgr");
  EXPECT_THAT(preprocess(image, npy<float>({1, 3, 1, 1}, {1, 2, 3})).values, ElementsAre(1, 2, 3));
}

TEST_F(PreprocessFile, NpyMustMatch) {
  refusal(int8_, npy<float>({4}, {1, 2, 3, 4}), "holds float32 of shape (4); the input is float32 of shape (1, 4)");
  refusal(int8_, npy<double>({1, 4}, {1, 2, 3, 4}), "holds float64 of shape (1, 4)");
  refusal(int8_, npy<float>({1, 4}, {1, 2, std::numeric_limits<float>::quiet_NaN(), 4}), "value 2 is nan");
}

TEST_F(PreprocessFile, ImageFilesAreDecoded) {
  const Sidecar recipe = image_sidecar("[1, 3, 1, 2]", kPlain);
  EXPECT_THAT(preprocess(recipe, folder_.write("a.ppm", "P6 2 1 255\n\1\2\3\4\5\6")).values,
              ElementsAre(1, 4, 2, 5, 3, 6));
  refusal(recipe, folder_.write("a.bin", "text"), "is not an image that can be read");
}

}  // namespace
}  // namespace evenshift::host

#include "host/image_decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arch/base/error.h"
#include "tests/host/jpeg_writer.h"
#include "tests/host/png_builder.h"
#include "tests/host/temp_folder.h"
#include "tests/host/test_images.h"

namespace evenshift::host {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using Bytes = std::vector<std::uint8_t>;

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

Bytes pixel(const Image& image, int x, int y) { return {image.row(y) + 3 * x, image.row(y) + 3 * x + 3}; }

auto decoding(const Bytes& bytes) {
  return [&bytes] { return decode_image(bytes, "picture"); };
}

auto refuses(const std::string& reason) {
  return ThrowsMessage<Error>(AllOf(HasSubstr("'picture'"), HasSubstr(reason)));
}

/// Decoding any change of a file ends in an image or an Error.
void expect_no_crash(Bytes bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::uint8_t original = bytes[i];
    for (const int flip : {0x01, 0x80, 0xFF}) {
      bytes[i] = static_cast<std::uint8_t>(original ^ flip);
      try {
        const Image image = decode_image(bytes, "picture");
        EXPECT_EQ(image.pixels.size(), static_cast<std::size_t>(image.width * image.height * 3));
      } catch (const Error&) {
      }
    }
    bytes[i] = original;
  }
}

void expect_every_truncation_refused(const Bytes& bytes) {
  ASSERT_NO_THROW(decode_image(bytes, "picture"));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const Bytes shorter(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_THROW(decode_image(shorter, "picture"), Error) << size << " of " << bytes.size() << " bytes";
  }
}

// JPEG. Expected values: the same samples saved and opened by Pillow 9.4 with libjpeg-turbo 2.1.5.

TEST(Jpeg, SubsampledEqualsPillow) {
  const Image image = decode_image(jpeg_bytes(smooth_image(23, 19).pixels, 23, 19, {}), "picture");
  ASSERT_EQ(image.width, 23);
  ASSERT_EQ(image.height, 19);
  EXPECT_EQ(weighted_sum(image), 52092400);
  EXPECT_EQ(pixel(image, 0, 0), (Bytes{3, 0, 0}));
  EXPECT_EQ(pixel(image, 11, 9), (Bytes{99, 79, 104}));
  EXPECT_EQ(pixel(image, 22, 18), (Bytes{197, 162, 122}));
}

TEST(Jpeg, FullChromaEqualsPillow) {
  const Image image = decode_image(jpeg_bytes(smooth_image(23, 19).pixels, 23, 19, {.subsample = false}), "picture");
  EXPECT_EQ(weighted_sum(image), 52258124);
  EXPECT_EQ(pixel(image, 11, 9), (Bytes{101, 80, 97}));
}

TEST(Jpeg, ProgressiveEqualsBaseline) {
  const Bytes samples = smooth_image(23, 19).pixels;
  EXPECT_EQ(decode_image(jpeg_bytes(samples, 23, 19, {.progressive = true}), "picture"),
            decode_image(jpeg_bytes(samples, 23, 19, {}), "picture"));
}

TEST(Jpeg, GrayIsRepeated) {
  Bytes gray;
  const Image smooth = smooth_image(23, 19);
  for (std::size_t i = 2; i < smooth.pixels.size(); i += 3) gray.push_back(smooth.pixels[i]);
  const Image image = decode_image(jpeg_bytes(gray, 23, 19, {.color_space = JCS_GRAYSCALE}), "picture");
  EXPECT_EQ(weighted_sum(image), 52165829);
  EXPECT_EQ(pixel(image, 11, 9), (Bytes{101, 101, 101}));
}

Bytes cmyk_samples() {
  Bytes samples;
  const Image smooth = smooth_image(23, 19);
  for (int y = 0; y < 19; ++y)
    for (int x = 0; x < 23; ++x) {
      const Bytes rgb = pixel(smooth, x, y);
      samples.insert(samples.end(), {rgb[0], rgb[1], rgb[2], static_cast<std::uint8_t>(5 * x)});
    }
  return samples;
}

TEST(Jpeg, CmykEqualsPillow) {
  const Image image =
      decode_image(jpeg_bytes(cmyk_samples(), 23, 19, {.color_space = JCS_CMYK, .subsample = false}), "picture");
  EXPECT_EQ(weighted_sum(image), 13562281);
  EXPECT_EQ(pixel(image, 0, 0), (Bytes{0, 0, 0}));
  EXPECT_EQ(pixel(image, 11, 9), (Bytes{21, 17, 22}));
  EXPECT_EQ(pixel(image, 22, 18), (Bytes{84, 69, 57}));
}

TEST(Jpeg, YcckOfOneColour) {
  Bytes samples;
  for (int i = 0; i < 64; ++i) samples.insert(samples.end(), {200, 150, 100, 180});
  const Image image = decode_image(
      jpeg_bytes(samples, 8, 8, {.color_space = JCS_CMYK, .subsample = false, .ycck = true, .quality = 100}),
      "picture");
  const int expected[] = {141, 106, 71};  // 180 * sample / 255
  for (int channel = 0; channel < 3; ++channel)
    EXPECT_NEAR(pixel(image, 3, 3)[static_cast<std::size_t>(channel)], expected[channel], 2);
}

TEST(Jpeg, EveryTruncationIsRefused) {
  expect_every_truncation_refused(jpeg_bytes(smooth_image(23, 19).pixels, 23, 19, {}));
  expect_every_truncation_refused(jpeg_bytes(smooth_image(9, 9).pixels, 9, 9, {.progressive = true}));
}

TEST(Jpeg, NoChangedByteCrashes) {
  expect_no_crash(jpeg_bytes(smooth_image(23, 19).pixels, 23, 19, {}));
  expect_no_crash(jpeg_bytes(cmyk_samples(), 23, 19, {.color_space = JCS_CMYK, .progressive = true}));
}

TEST(Jpeg, SaysWhy) {
  Bytes bytes = jpeg_bytes(smooth_image(23, 19).pixels, 23, 19, {});
  bytes.resize(bytes.size() - 2);
  EXPECT_THAT(decoding(bytes), refuses("truncated or corrupt JPEG file: Premature end of JPEG file"));
  const Bytes no_image = bytes_of("\xFF\xD8\xFF\xD9");
  EXPECT_THAT(decoding(no_image), refuses("JPEG datastream contains no image"));
}

TEST(Jpeg, IgnoresBytesBetweenMarkers) {
  Bytes bytes = jpeg_bytes(smooth_image(23, 19).pixels, 23, 19, {});
  const Image expected = decode_image(bytes, "picture");
  const std::size_t app0_bytes = 2 + 16;
  bytes.insert(bytes.begin() + 2 + app0_bytes, {1, 2, 3});  // "extraneous bytes before marker"
  EXPECT_EQ(decode_image(bytes, "picture"), expected);
}

// PNG

TEST(Png, Rgb8) {
  const Bytes bytes =
      PngBuilder(2, 2, 8, PngBuilder::kRgb).pixels({0, 1, 2, 3, 4, 5, 6, 0, 7, 8, 9, 250, 251, 252}).end();
  const Image image = decode_image(bytes, "picture");
  EXPECT_EQ(image.width, 2);
  EXPECT_EQ(image.height, 2);
  EXPECT_EQ(image.pixels, (Bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 250, 251, 252}));
}

TEST(Png, AlphaIsDropped) {
  const Bytes rgba = PngBuilder(2, 1, 8, PngBuilder::kRgba).pixels({0, 10, 20, 30, 0, 40, 50, 60, 128}).end();
  EXPECT_EQ(decode_image(rgba, "picture").pixels, (Bytes{10, 20, 30, 40, 50, 60}));
  const Bytes gray_alpha = PngBuilder(2, 1, 8, PngBuilder::kGrayAlpha).pixels({0, 10, 0, 20, 255}).end();
  EXPECT_EQ(decode_image(gray_alpha, "picture").pixels, (Bytes{10, 10, 10, 20, 20, 20}));
}

TEST(Png, PaletteIsExpanded) {
  const Bytes palette = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  const Bytes transparency = {0, 255, 7};
  const Bytes bytes = PngBuilder(4, 1, 2, PngBuilder::kPalette)
                          .chunk("PLTE", palette)
                          .chunk("tRNS", transparency)
                          .pixels({0, 0b11'10'01'00})
                          .end();
  EXPECT_EQ(decode_image(bytes, "picture").pixels, (Bytes{10, 11, 12, 7, 8, 9, 4, 5, 6, 1, 2, 3}));
}

TEST(Png, GrayOfEveryDepth) {
  EXPECT_EQ(decode_image(PngBuilder(2, 1, 8, PngBuilder::kGray).pixels({0, 9, 200}).end(), "picture").pixels,
            (Bytes{9, 9, 9, 200, 200, 200}));
  EXPECT_EQ(decode_image(PngBuilder(2, 1, 1, PngBuilder::kGray).pixels({0, 0b01'000000}).end(), "picture").pixels,
            (Bytes{0, 0, 0, 255, 255, 255}));
  EXPECT_EQ(decode_image(PngBuilder(2, 1, 4, PngBuilder::kGray).pixels({0, 0x3F}).end(), "picture").pixels,
            (Bytes{51, 51, 51, 255, 255, 255}));
}

TEST(Png, HighByteOf16Bits) {
  const Bytes bytes = PngBuilder(1, 1, 16, PngBuilder::kRgb).pixels({0, 0x12, 0xFF, 0x34, 0x00, 0xFF, 0xFE}).end();
  EXPECT_EQ(decode_image(bytes, "picture").pixels, (Bytes{0x12, 0x34, 0xFF}));
}

Bytes small_png() {
  Bytes rows;
  const Image image = rough_image(5, 4);
  for (int y = 0; y < 4; ++y) {
    rows.push_back(0);
    rows.insert(rows.end(), image.row(y), image.row(y) + 15);
  }
  return PngBuilder(5, 4, 8, PngBuilder::kRgb).pixels(rows).end();
}

TEST(Png, EveryTruncationIsRefused) { expect_every_truncation_refused(small_png()); }

TEST(Png, NoChangedByteCrashes) { expect_no_crash(small_png()); }

TEST(Png, NoChangedContentCrashes) {  // with CRCs that match
  const Bytes rows = {0, 1, 2, 3, 4, 5, 6, 0, 7, 8, 9, 250, 251, 252};
  for (int depth = 0; depth < 20; ++depth)
    for (int color = 0; color < 8; ++color)
      for (const std::uint32_t width : {1u, 2u, 3u, 200u, 16384u}) {
        const Bytes bytes = PngBuilder(width, 2, depth, static_cast<PngBuilder::ColorType>(color)).pixels(rows).end();
        try {
          decode_image(bytes, "picture");
        } catch (const Error&) {
        }
      }
}

TEST(Png, SaysWhy) {
  Bytes bytes = small_png();
  bytes[bytes.size() - 20] ^= 1;
  EXPECT_THAT(decoding(bytes), refuses("corrupt PNG file: the chunk at byte 33 does not match its CRC"));
  bytes = small_png();
  bytes.resize(bytes.size() - 1);
  EXPECT_THAT(decoding(bytes), refuses("truncated PNG file"));
  const Bytes too_few_pixels = PngBuilder(2, 2, 8, PngBuilder::kRgb).pixels({0, 1, 2, 3}).end();
  EXPECT_THAT(decoding(too_few_pixels), refuses("not enough pixels"));
  const Bytes no_pixels = PngBuilder(2, 2, 8, PngBuilder::kRgb).end();
  EXPECT_THAT(decoding(no_pixels), refuses("no IDAT"));
}

TEST(Png, RefusesAbsurdSizes) {
  const Bytes wide = PngBuilder(16385, 1, 8, PngBuilder::kRgb).pixels({0}).end();
  EXPECT_THAT(decoding(wide), refuses("16385 x 1 pixels; at most 16384 a side are accepted"));
  const Bytes large = PngBuilder(16384, 16384, 8, PngBuilder::kRgb).pixels({0}).end();
  EXPECT_THAT(decoding(large), refuses("at most 134217728 in all are accepted"));
  const Bytes none = PngBuilder(0, 4, 8, PngBuilder::kRgb).pixels({0}).end();
  EXPECT_THAT(decoding(none), refuses("0 x 4 pixels has no content"));
}

// PNM

TEST(Pnm, PpmAndPgm) {
  EXPECT_EQ(decode_image(bytes_of("P6 2 1 255\n\1\2\3\4\5\6"), "picture").pixels, (Bytes{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(decode_image(bytes_of("P5\n# a comment\n1 2\n255\nAB"), "picture").pixels, (Bytes{65, 65, 65, 66, 66, 66}));
}

TEST(Pnm, OtherMaximaAreScaled) {
  EXPECT_EQ(decode_image(bytes_of("P5 2 1 100 \x32\x64"), "picture").pixels, (Bytes{128, 128, 128, 255, 255, 255}));
  using namespace std::string_view_literals;
  EXPECT_EQ(decode_image(bytes_of("P5 1 1 65535 \x80\x80"sv), "picture").pixels, (Bytes{128, 128, 128}));
}

TEST(Pnm, Faults) {
  const Bytes truncated = bytes_of("P6 2 1 255\n12345");
  EXPECT_THAT(decoding(truncated), refuses("truncated PNM file: 5 bytes of samples where 2 x 1 pixels need 6"));
  const Bytes no_number = bytes_of("P6 2 x 255\n12345");
  EXPECT_THAT(decoding(no_number), refuses("a number is missing at byte 5"));
  const Bytes wide = bytes_of("P5 99999999999999999999 1 255\n1");
  EXPECT_THAT(decoding(wide), refuses("at most 16384 a side"));
  const Bytes maximum = bytes_of("P5 1 1 65536\n12");
  EXPECT_THAT(decoding(maximum), refuses("its maximum is not within 1 and 65535"));
  expect_every_truncation_refused(bytes_of("P6 2 2 255\n123456789abc"));
}

// BMP

/// 24 bits per pixel, rows from bottom to top, padded to 4 bytes.
Bytes bmp_2x2() {
  Bytes bytes = {'B', 'M', 70, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 24, 0};
  bytes.resize(54);
  bytes.insert(bytes.end(), {9, 8, 7, 12, 11, 10, 0, 0, 3, 2, 1, 6, 5, 4, 0, 0});
  return bytes;
}

TEST(Bmp, Rgb) { EXPECT_EQ(decode_image(bmp_2x2(), "picture").pixels, (Bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})); }

TEST(Bmp, Faults) {
  expect_every_truncation_refused(bmp_2x2());
  expect_no_crash(bmp_2x2());
  Bytes bytes = bmp_2x2();
  bytes.pop_back();
  EXPECT_THAT(decoding(bytes), refuses("truncated BMP file: it ends after 69 bytes"));
  bytes = bmp_2x2();
  bytes[14] = 13;
  EXPECT_THAT(decoding(bytes), refuses("a header of 13 bytes is unknown"));
}

// The rest

TEST(DecodeImage, RefusesOtherFiles) {
  const Bytes text = bytes_of("GIF89a and so on");
  EXPECT_THAT(decoding(text), refuses("is not an image that can be read: JPEG, PNG, BMP, PPM (P6) and PGM (P5) are"));
  const Bytes nothing;
  EXPECT_THAT(decoding(nothing), refuses("is empty"));
}

TEST(DecodeImage, ReadsAFileAndNamesIt) {
  const TempFolder folder;
  const auto path = folder.write("a.png", small_png());
  EXPECT_EQ(decode_image(path), rough_image(5, 4));
  const auto broken = folder.write("b.png", bytes_of("\x89PNG\r\n\x1A\n"));
  EXPECT_THAT([&] { decode_image(broken); }, ThrowsMessage<Error>(HasSubstr(broken.string())));
  EXPECT_THAT([&] { decode_image(folder.path() / "none.png"); }, ThrowsMessage<Error>(HasSubstr("none.png")));
}

}  // namespace
}  // namespace evenshift::host

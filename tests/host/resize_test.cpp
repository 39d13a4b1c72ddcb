#include "host/resize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "tests/host/test_images.h"

namespace evenshift::host {
namespace {

// Expected values: Pillow 9.4, Image.fromarray(rough).resize((width, height), Image.BILINEAR).

using Pixels = std::vector<std::uint8_t>;

TEST(ResizeBilinear, ShrinksAsPillowDoes) {
  const Pixels expected = {25,  126, 215, 86, 187, 83,  158, 151, 104, 162, 71,  165, 47,  148, 151, 120, 165, 77,
                           167, 67,  152, 60, 124, 195, 68,  162, 148, 154, 107, 100, 127, 99,  171, 89,  185, 89};
  EXPECT_EQ(resize_bilinear(rough_image(7, 5), 4, 3).pixels, expected);
}

TEST(ResizeBilinear, LeavesTheAxisThatKeepsItsSize) {
  const Pixels rows_only = {5,   106, 207, 44,  145, 246, 83,  184, 29,  122, 223, 68,  161, 153, 107, 200,
                            45,  146, 130, 85,  186, 22,  123, 224, 69,  170, 72,  116, 217, 62,  163, 65,
                            109, 210, 55,  156, 58,  102, 203, 48,  149, 193, 39,  140, 241, 94,  195, 40,
                            149, 104, 95,  204, 49,  150, 112, 104, 205, 58,  159, 113, 112, 213, 58};
  EXPECT_EQ(resize_bilinear(rough_image(7, 5), 7, 3).pixels, rows_only);
  const Pixels columns_only = {32,  133, 179, 111, 197, 72,  190, 90,  136, 47,  148, 194, 137, 163, 98,
                               136, 72,  173, 62,  163, 100, 148, 83,  109, 63,  109, 210, 78,  179, 115,
                               174, 109, 135, 99,  145, 155, 93,  139, 130, 140, 75,  146, 81,  182, 82};
  EXPECT_EQ(resize_bilinear(rough_image(7, 5), 3, 5).pixels, columns_only);
}

TEST(ResizeBilinear, EnlargesAsPillowDoes) {
  const Image large = resize_bilinear(rough_image(7, 5), 10, 9);
  ASSERT_EQ(large.width, 10);
  ASSERT_EQ(large.height, 9);
  const Pixels first_row = {0,   101, 202, 20,  121, 222, 46,  147, 184, 72,  173, 31,  98,  199, 44,
                            124, 225, 70,  150, 238, 96,  176, 85,  122, 202, 47,  148, 222, 67,  168};
  EXPECT_EQ(Pixels(large.row(0), large.row(1)), first_row);
  const Pixels last_row = {44,  145, 246, 75, 176, 137, 115, 152, 61, 155, 13,  101, 195, 40,  141,
                           145, 80,  181, 19, 120, 208, 59,  160, 69, 99,  200, 45,  130, 231, 76};
  EXPECT_EQ(Pixels(large.row(8), large.row(8) + 30), last_row);
}

TEST(ResizeBilinear, EqualsPillowOnALargerImage) {
  const Image small = resize_bilinear(rough_image(100, 61), 53, 32);
  EXPECT_EQ(weighted_sum(small), 326282269);
  EXPECT_EQ(Pixels(small.row(16) + 60, small.row(16) + 63), (Pixels{134, 112, 139}));
  EXPECT_EQ(Pixels(small.row(31) + 156, small.row(31) + 159), (Pixels{185, 107, 131}));
}

TEST(ResizeBilinear, SameSizeIsTheSameImage) { EXPECT_EQ(resize_bilinear(rough_image(7, 5), 7, 5), rough_image(7, 5)); }

TEST(ResizeBilinear, KeepsAConstantImage) {
  Image white(13, 9);
  std::ranges::fill(white.pixels, std::uint8_t{255});
  for (const auto& [width, height] : {std::pair{1, 1}, std::pair{5, 40}, std::pair{200, 2}})
    for (const std::uint8_t value : resize_bilinear(white, width, height).pixels) ASSERT_EQ(value, 255);
}

}  // namespace
}  // namespace evenshift::host

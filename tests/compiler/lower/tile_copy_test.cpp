// Boxes of tensors as 2-D transfers: as few as can be, and every byte where it belongs.
#include "compiler/lower/tile_copy.h"

#include <gtest/gtest.h>

#include <map>

namespace evenshift::compiler {
namespace {

/// (tile offset) -> (DRAM offset) of every byte that the transfers move.
std::map<std::int64_t, std::int64_t> moved_bytes(const std::vector<Transfer>& list) {
  std::map<std::int64_t, std::int64_t> moved;
  for (const Transfer& t : list)
    for (std::int64_t row = 0; row < t.rows; ++row)
      for (std::int64_t i = 0; i < t.row_bytes; ++i) {
        const auto [at, is_new] =
            moved.emplace(t.tile_offset + row * t.tile_stride + i, t.dram_offset + row * t.dram_stride + i);
        EXPECT_TRUE(is_new) << "byte " << at->first << " is moved twice";
      }
  return moved;
}

std::map<std::int64_t, std::int64_t> wanted_bytes(const Box& box, std::int64_t row_stride, std::int64_t pixel_stride,
                                                  const TileLayout& tile) {
  std::map<std::int64_t, std::int64_t> wanted;
  for (std::int64_t y = 0; y < box.height; ++y)
    for (std::int64_t x = 0; x < box.width; ++x)
      for (std::int64_t c = 0; c < box.channels; ++c)
        wanted[y * tile.row_stride + x * tile.pixel_stride + c] = y * row_stride + x * pixel_stride + c;
  return wanted;
}

struct Case {
  const char* name;
  Box box;
  std::int64_t row_stride, pixel_stride;
  TileLayout tile;
  std::size_t transfers;
};

class TransfersOfBoxes : public testing::TestWithParam<Case> {};

TEST_P(TransfersOfBoxes, MoveEveryByteOnce) {
  const auto& [name, box, row_stride, pixel_stride, tile, count] = GetParam();
  const auto list = transfers(box, row_stride, pixel_stride, tile);
  EXPECT_EQ(list.size(), count);
  EXPECT_EQ(moved_bytes(list), wanted_bytes(box, row_stride, pixel_stride, tile));
}

constexpr Box kBox{.height = 3, .width = 4, .channels = 5};
INSTANTIATE_TEST_SUITE_P(
    Boxes, TransfersOfBoxes,
    testing::Values(Case{"WholeRows", kBox, 20, 5, {0, 20, 5}, 1}, Case{"Columns", kBox, 50, 5, {0, 20, 5}, 1},
                    Case{"Channels", kBox, 32, 8, {0, 20, 5}, 1}, Case{"ChannelsOfColumns", kBox, 80, 8, {0, 20, 5}, 3},
                    Case{"TallChannelsOfColumns", {.height = 9, .width = 2, .channels = 5}, 80, 8, {0, 10, 5}, 2},
                    Case{"OneColumn", {.height = 9, .width = 1, .channels = 5}, 80, 8, {0, 5, 5}, 1},
                    Case{"IntoPaddedTile", kBox, 20, 5, {0, 30, 5}, 1}),
    [](const auto& parameter) { return parameter.param.name; });

TEST(Transfers, SplitWhatHasMoreRowsThanACommandCanSay) {
  const Box box{.width = 1500000, .channels = 1};
  const auto list = transfers(box, 3000000, 2, {0, 1500000, 1});
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].rows, (1 << 20) - 1);
  EXPECT_EQ(list[0].rows + list[1].rows, 1500000);
  EXPECT_EQ(list[1].dram_offset, 2 * list[0].rows);
  EXPECT_EQ(list[1].tile_offset, list[0].rows);
}

}  // namespace
}  // namespace evenshift::compiler

#pragma once

#include <cstdint>
#include <optional>

#include "arch/isa/commands.h"

namespace evenshift::sim {

/// Where a conv command's input or output lies: byte (y, x, c) at address + y · row_stride + x · pixel_stride + c.
struct Placement {
  std::int64_t address = 0, row_stride = 0, pixel_stride = 0;
};

struct TileSize {
  std::int64_t height = 1, width = 1, channels = 1;
};

/// First byte after the last one of the tile.
constexpr std::int64_t end_of(const Placement& placement, const TileSize& size) {
  return placement.address + (size.height - 1) * placement.row_stride + (size.width - 1) * placement.pixel_stride +
         size.channels;
}

/// The place in DRAM of a tile that `transfer` moves (all of it) from or to this place in the scratchpad; nothing where
/// it is not a tile there.
template <typename Transfer>
std::optional<Placement> placement_in_dram(const Transfer& transfer, const Placement& tile, const TileSize& size) {
  const std::int64_t offset = tile.address - transfer.scratchpad_address;
  if (offset < 0) return std::nullopt;
  const std::int64_t stride = transfer.scratchpad_stride;
  if (transfer.rows == 1 || (stride == transfer.row_bytes && transfer.dram_stride == transfer.row_bytes)) {
    if (end_of(tile, size) > transfer.scratchpad_address + transfer.rows * transfer.row_bytes) return std::nullopt;
    return Placement{transfer.dram_address + offset, tile.row_stride, tile.pixel_stride};
  }
  if (stride < transfer.row_bytes) return std::nullopt;
  const std::int64_t first_row = offset / stride;
  const std::int64_t in_row = offset % stride;
  const auto rows_of = [&](std::int64_t distance, std::int64_t count) { return count == 1 ? 0 : distance / stride; };
  const auto on_rows = [&](std::int64_t distance, std::int64_t count) { return count == 1 || distance % stride == 0; };
  const std::int64_t row_rows = rows_of(tile.row_stride, size.height);
  if (!on_rows(tile.row_stride, size.height)) return std::nullopt;
  const std::int64_t address = transfer.dram_address + first_row * transfer.dram_stride + in_row;
  const std::int64_t last_row = first_row + (size.height - 1) * row_rows;
  if (in_row + (size.width - 1) * tile.pixel_stride + size.channels <= transfer.row_bytes) {
    if (last_row >= transfer.rows) return std::nullopt;
    return Placement{address, row_rows * transfer.dram_stride, tile.pixel_stride};
  }
  const std::int64_t pixel_rows = rows_of(tile.pixel_stride, size.width);
  if (!on_rows(tile.pixel_stride, size.width) || in_row + size.channels > transfer.row_bytes ||
      last_row + (size.width - 1) * pixel_rows >= transfer.rows)
    return std::nullopt;
  return Placement{address, row_rows * transfer.dram_stride, pixel_rows * transfer.dram_stride};
}

}  // namespace evenshift::sim

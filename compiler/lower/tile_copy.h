#pragma once

#include <cstdint>
#include <vector>

#include "arch/config/npu_config.h"
#include "arch/image/image.h"
#include "compiler/lower/stream_builder.h"

namespace evenshift::compiler {

/// Part of a tensor: rows [y, y + height), columns [x, x + width), channels [c, c + channels).
struct Box {
  std::int64_t y = 0, x = 0, c = 0;
  std::int64_t height = 1, width = 1, channels = 1;

  [[nodiscard]] std::int64_t elements() const { return height * width * channels; }
};

/// Where a box lies in the scratchpad.
struct TileLayout {
  std::int64_t address = 0, row_stride = 0, pixel_stride = 0;
};

/// A box without gaps at `address`.
TileLayout dense_tile(std::int64_t address, const Box& box);

/// One 2-D transfer of a box, as offsets from the box's first byte on both sides.
struct Transfer {
  std::int64_t dram_offset = 0, tile_offset = 0, rows = 1, row_bytes = 0, dram_stride = 0, tile_stride = 0;
};

/// The fewest 2-D transfers that move a box between a tensor and a tile: one, unless both its rows and its pixels have
/// gaps on a side, or a transfer has more rows than a command can say.
std::vector<Transfer> transfers(const Box& box, std::int64_t row_stride, std::int64_t pixel_stride,
                                const TileLayout& tile);

/// Emits the commands that move a box of a tensor into a tile, or back. Returns the bytes moved.
std::int64_t load_box(StreamBuilder& stream, const image::Tensor& tensor, const Box& box, const TileLayout& tile);
std::int64_t store_box(StreamBuilder& stream, const image::Tensor& tensor, const Box& box, const TileLayout& tile);

/// Emits a load of contiguous bytes, such as constants. Returns the bytes moved.
std::int64_t load_bytes(StreamBuilder& stream, std::int64_t dram_address, std::int64_t scratchpad_address,
                        std::int64_t bytes);

/// An estimate of a DMA command's cycles, for choosing between plans: setup, latency, and the slower of the data and
/// the bursts that may be outstanding during a latency.
std::int64_t dma_cycles(const NpuConfig& config, std::int64_t rows, std::int64_t row_bytes);

/// The same for all transfers of a box between a tensor with these strides and a dense tile.
struct CopyCost {
  std::int64_t commands = 0, cycles = 0, bytes = 0;

  CopyCost& operator+=(const CopyCost& other) {
    commands += other.commands;
    cycles += other.cycles;
    bytes += other.bytes;
    return *this;
  }
  friend CopyCost operator*(const CopyCost& cost, std::int64_t times) {
    return {cost.commands * times, cost.cycles * times, cost.bytes * times};
  }
};
CopyCost copy_cost(const NpuConfig& config, const Box& box, std::int64_t row_stride, std::int64_t pixel_stride);

}  // namespace evenshift::compiler

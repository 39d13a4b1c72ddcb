#include "compiler/lower/tile_copy.h"

#include <algorithm>

#include "arch/base/ceil_divide.h"

namespace evenshift::compiler {
namespace {

constexpr std::int64_t kMaxRows = (1 << 20) - 1;  ///< what the field `rows` of load and store holds

/// Appends the transfers of `rows` equal rows.
void add_rows(std::vector<Transfer>& list, Transfer transfer, std::int64_t rows) {
  for (std::int64_t first = 0; first < rows; first += kMaxRows) {
    Transfer part = transfer;
    part.dram_offset += first * transfer.dram_stride;
    part.tile_offset += first * transfer.tile_stride;
    part.rows = std::min(kMaxRows, rows - first);
    list.push_back(part);
  }
}

template <typename Op>
std::int64_t copy(StreamBuilder& stream, const image::Tensor& tensor, const Box& box, const TileLayout& tile) {
  const std::int64_t dram = tensor.address(box.y, box.x, box.c);
  for (const Transfer& part : transfers(box, tensor.row_stride, tensor.pixel_stride, tile)) {
    Op op;
    op.dram_address = dram + part.dram_offset;
    op.scratchpad_address = tile.address + part.tile_offset;
    op.rows = part.rows;
    op.row_bytes = part.row_bytes;
    op.dram_stride = part.dram_stride;
    op.scratchpad_stride = part.tile_stride;
    stream.emit(op);
  }
  return box.elements();
}

}  // namespace

TileLayout dense_tile(std::int64_t address, const Box& box) {
  return {address, box.width * box.channels, box.channels};
}

std::vector<Transfer> transfers(const Box& box, std::int64_t row_stride, std::int64_t pixel_stride,
                                const TileLayout& tile) {
  std::vector<Transfer> list;
  const bool pixels_touch = box.width == 1 || (pixel_stride == box.channels && tile.pixel_stride == box.channels);
  if (pixels_touch) {
    const std::int64_t row_bytes = box.width * box.channels;
    const bool rows_touch = box.height == 1 || (row_stride == row_bytes && tile.row_stride == row_bytes);
    if (rows_touch)
      list.push_back({0, 0, 1, box.height * row_bytes, box.height * row_bytes, box.height * row_bytes});
    else
      add_rows(list, {0, 0, 1, row_bytes, row_stride, tile.row_stride}, box.height);
    return list;
  }
  const bool even =
      box.height == 1 || (row_stride == box.width * pixel_stride && tile.row_stride == box.width * tile.pixel_stride);
  if (even) {
    add_rows(list, {0, 0, 1, box.channels, pixel_stride, tile.pixel_stride}, box.height * box.width);
  } else if (box.height <= box.width) {
    for (std::int64_t y = 0; y < box.height; ++y)
      add_rows(list, {y * row_stride, y * tile.row_stride, 1, box.channels, pixel_stride, tile.pixel_stride},
               box.width);
  } else {
    for (std::int64_t x = 0; x < box.width; ++x)
      add_rows(list, {x * pixel_stride, x * tile.pixel_stride, 1, box.channels, row_stride, tile.row_stride},
               box.height);
  }
  return list;
}

std::int64_t load_box(StreamBuilder& stream, const image::Tensor& tensor, const Box& box, const TileLayout& tile) {
  return copy<isa::Load>(stream, tensor, box, tile);
}

std::int64_t store_box(StreamBuilder& stream, const image::Tensor& tensor, const Box& box, const TileLayout& tile) {
  return copy<isa::Store>(stream, tensor, box, tile);
}

std::int64_t load_bytes(StreamBuilder& stream, std::int64_t dram_address, std::int64_t scratchpad_address,
                        std::int64_t bytes) {
  isa::Load load;
  load.dram_address = dram_address;
  load.scratchpad_address = scratchpad_address;
  load.row_bytes = bytes;
  load.dram_stride = bytes;
  load.scratchpad_stride = bytes;
  stream.emit(load);
  return bytes;
}

std::int64_t dma_cycles(const NpuConfig& config, std::int64_t rows, std::int64_t row_bytes) {
  const std::int64_t data = rows * ceil_divide(row_bytes, config.dma.bytes_per_cycle);
  const std::int64_t bursts = rows * ceil_divide(row_bytes, config.dma.burst_bytes);
  return config.dma.setup_cycles + config.dram.latency_cycles +
         std::max(data, bursts * config.dram.latency_cycles / config.dma.outstanding_bursts);
}

CopyCost copy_cost(const NpuConfig& config, const Box& box, std::int64_t row_stride, std::int64_t pixel_stride) {
  CopyCost cost;
  for (const Transfer& part : transfers(box, row_stride, pixel_stride, dense_tile(0, box))) {
    ++cost.commands;
    cost.cycles += dma_cycles(config, part.rows, part.row_bytes);
  }
  cost.bytes = box.elements();
  return cost;
}

}  // namespace evenshift::compiler

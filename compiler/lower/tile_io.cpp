#include "compiler/lower/tile_io.h"

#include "arch/base/check.h"

namespace evenshift::compiler {
namespace {

/// A tensor as it stays in the scratchpad: without gaps.
image::Tensor staying_tensor(const image::Tensor& tensor, std::int64_t address) {
  image::Tensor staying = tensor;
  staying.dram_address = address;
  staying.pixel_stride = tensor.channels;
  staying.row_stride = tensor.width * tensor.channels;
  return staying;
}

TileLayout layout_in(const image::Tensor& tensor, const Box& box) {
  return {tensor.address(box.y, box.x, box.c), tensor.row_stride, tensor.pixel_stride};
}

}  // namespace

InputTiles::InputTiles(LayerContext& layer, std::size_t input, const TensorView& view, std::int64_t slot_bytes,
                       std::int64_t slots)
    : stream_(layer.stream),
      dram_(view(layer.input(input))),
      pool_(layer.scratchpad, slot_bytes, layer.input_stays(input) ? 0 : slots) {
  if (layer.input_stays(input)) staying_ = view(staying_tensor(layer.input(input), layer.staying_input_address));
}

TileLayout InputTiles::fetch(const Box& box, const TileKey& key) {
  if (staying_) return layout_in(*staying_, box);
  const TilePool::Slot slot = pool_.find(key);
  const TileLayout tile = dense_tile(slot.address, box);
  if (!slot.filled) load_box(stream_, dram_, box, tile);
  return tile;
}

OutputTiles::OutputTiles(LayerContext& layer, const TensorView& view, std::int64_t slot_bytes, std::int64_t slots)
    : stream_(layer.stream),
      dram_(view(layer.output())),
      pool_(layer.scratchpad, slot_bytes, layer.output_stays ? 0 : slots) {
  if (layer.output_stays) staying_ = view(staying_tensor(layer.output(), layer.staying_output_address));
}

TileLayout OutputTiles::place(const Box& box, const TileKey& key) {
  if (staying_) return layout_in(*staying_, box);
  return dense_tile(pool_.find(key).address, box);
}

void OutputTiles::store(const Box& box, const TileLayout& tile) { store_box(stream_, dram_, box, tile); }

std::int64_t contiguous_address(const Box& box, const TileLayout& tile) {
  check(box.width == 1 || tile.pixel_stride == box.channels, "the pixels of a vector command's tile have gaps");
  check(box.height == 1 || tile.row_stride == box.width * box.channels,
        "the rows of a vector command's tile have gaps");
  return tile.address;
}

}  // namespace evenshift::compiler

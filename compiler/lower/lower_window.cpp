#include <algorithm>

#include "arch/base/check.h"
#include "compiler/lower/layer_context.h"
#include "compiler/lower/tile_copy.h"
#include "compiler/lower/window_plan.h"

namespace evenshift::compiler {
namespace {

WindowShape window_shape(const LayerContext& layer, const Window& w) {
  const image::Tensor& in = layer.input();
  const image::Tensor& out = layer.output();
  WindowShape shape{.channels = in.channels, .output_height = out.height, .output_width = out.width};
  const WindowAxis rows{in.height, out.height, w.kernel_height, w.stride_height, w.dilation_height, w.pad_top};
  const WindowAxis columns{in.width, out.width, w.kernel_width, w.stride_width, w.dilation_width, w.pad_left};
  shape.rows = [rows](std::int64_t first, std::int64_t count) { return input_span(rows, first, count); };
  shape.columns = [columns](std::int64_t first, std::int64_t count) { return input_span(columns, first, count); };
  return shape;
}

/// Emits `op` over all tiles: load, pool, store. `table` is empty or what op.table_address shall lead to.
template <typename Op>
void lower_pool(LayerContext& layer, const Window& window, Op op, const std::vector<std::uint8_t>& table) {
  WindowShape shape = window_shape(layer, window);
  const auto table_bytes = static_cast<std::int64_t>(table.size());
  shape.table_bytes = [&](std::int64_t, std::int64_t) { return table_bytes; };
  const WindowPlan plan = plan_window(layer, shape);
  TilePool tables(layer.scratchpad, table_bytes, 1);
  TilePool ins(layer.scratchpad, plan.input_slot_bytes, plan.slots);
  TilePool outs(layer.scratchpad, plan.output_slot_bytes, plan.slots);
  op.kernel_height = window.kernel_height;
  op.kernel_width = window.kernel_width;
  op.stride_height = window.stride_height;
  op.stride_width = window.stride_width;
  if constexpr (requires { op.table_address; }) {
    op.table_address = tables.find({0, 0, 0}).address;
    load_bytes(layer.stream, layer.constants.add_table(table), op.table_address, table_bytes);
  }
  for_each_window_tile(shape, plan, [&](const WindowTile& tile) {
    const TileKey key = {tile.output.y, tile.output.x, tile.output.c};
    op.input_address = ins.find(key).address;
    op.output_address = outs.find(key).address;
    op.input_height = tile.input.height;
    op.input_width = tile.input.width;
    op.output_height = tile.output.height;
    op.output_width = tile.output.width;
    op.channels = tile.output.channels;
    op.pad_top = tile.rows.pad;
    op.pad_left = tile.columns.pad;
    load_box(layer.stream, layer.input(), tile.input, dense_tile(op.input_address, tile.input));
    layer.stream.emit(op);
    store_box(layer.stream, layer.output(), tile.output, dense_tile(op.output_address, tile.output));
  });
  layer.plan.tiling = to_string(shape, plan);
}

/// The inputs between the least and the greatest index of a range of `indices`.
InputSpan index_span(const std::vector<std::int64_t>& indices, std::int64_t first, std::int64_t count) {
  const auto begin = indices.begin() + first;
  const auto [least, greatest] = std::minmax_element(begin, begin + count);
  return {*least, *greatest - *least + 1, 0};
}

}  // namespace

void lower_max_pool(LayerContext& layer, const MaxPool& pool) {
  isa::MaxPool op;
  op.dilation_height = pool.window.dilation_height;
  op.dilation_width = pool.window.dilation_width;
  lower_pool(layer, pool.window, op, {});
}

void lower_average_pool(LayerContext& layer, const AveragePool& pool, const QuantizedAveragePool& quantized) {
  check(!quantized.by_count.empty(), layer.where() + ": no scale");
  isa::AveragePool op;
  op.by_count = quantized.by_count.size() > 1;
  op.input_zero_point = layer.input_quant().zero_point;
  op.output_zero_point = quantized.range.zero_point;
  op.clamp_low = quantized.range.low;
  op.clamp_high = quantized.range.high;
  std::vector<std::int32_t> table;
  for (const Rescale& rescale : quantized.by_count) {
    table.push_back(rescale.multiplier);
    table.push_back(rescale.shift);
  }
  // The command may read an entry for every number of taps, although none may occur.
  if (op.by_count != 0)
    table.resize(static_cast<std::size_t>(2 * pool.window.kernel_height * pool.window.kernel_width));
  lower_pool(layer, pool.window, op, int32_bytes(table));
}

void lower_pad(LayerContext& layer, const Pad& pad, std::int8_t code) {
  Window window;
  window.pad_top = pad.top;
  window.pad_left = pad.left;
  WindowShape shape = window_shape(layer, window);
  shape.separate_output = false;
  const WindowPlan plan = plan_window(layer, shape);
  TilePool tiles(layer.scratchpad, plan.output_slot_bytes, plan.slots);
  const image::Tensor& in = layer.input();
  for_each_window_tile(shape, plan, [&](const WindowTile& tile) {
    const Box& out = tile.output;
    const std::int64_t address = tiles.find({out.y, out.x, out.c}).address;
    const TileLayout layout = dense_tile(address, out);
    // Of the input inside this tile; nothing where it is all padding.
    const std::int64_t top = std::max<std::int64_t>(out.y - pad.top, 0);
    const std::int64_t bottom = std::min(out.y + out.height - pad.top, in.height);
    const std::int64_t left = std::max<std::int64_t>(out.x - pad.left, 0);
    const std::int64_t right = std::min(out.x + out.width - pad.left, in.width);
    const bool has_input = top < bottom && left < right;
    const Box inside{top, left, out.c, bottom - top, right - left, out.channels};
    if (!has_input || inside.elements() < out.elements()) {
      isa::Fill fill;
      fill.output_address = address;
      fill.elements = out.elements();
      fill.value = code;
      layer.stream.emit(fill);
    }
    if (has_input) {
      TileLayout target = layout;
      target.address += (top + pad.top - out.y) * layout.row_stride + (left + pad.left - out.x) * layout.pixel_stride;
      load_box(layer.stream, in, inside, target);
    }
    store_box(layer.stream, layer.output(), out, layout);
  });
  layer.plan.tiling = to_string(shape, plan);
}

void lower_resize(LayerContext& layer, const Resize& resize) {
  const image::Tensor& out = layer.output();
  WindowShape shape{.channels = out.channels, .output_height = out.height, .output_width = out.width};
  shape.rows = [&](std::int64_t first, std::int64_t count) { return index_span(resize.rows, first, count); };
  shape.columns = [&](std::int64_t first, std::int64_t count) { return index_span(resize.columns, first, count); };
  shape.table_bytes = [](std::int64_t height, std::int64_t width) { return 2 * (height + width); };
  const WindowPlan plan = plan_window(layer, shape);
  TilePool tables(layer.scratchpad, plan.table_slot_bytes, plan.slots);
  TilePool ins(layer.scratchpad, plan.input_slot_bytes, plan.slots);
  TilePool outs(layer.scratchpad, plan.output_slot_bytes, plan.slots);
  for_each_window_tile(shape, plan, [&](const WindowTile& tile) {
    std::vector<std::int64_t> indices;
    for (std::int64_t y = 0; y < tile.output.height; ++y)
      indices.push_back(resize.rows[static_cast<std::size_t>(tile.output.y + y)] - tile.input.y);
    for (std::int64_t x = 0; x < tile.output.width; ++x)
      indices.push_back(resize.columns[static_cast<std::size_t>(tile.output.x + x)] - tile.input.x);
    const std::int64_t table = layer.constants.add_table(uint16_bytes(indices));
    const TileKey key = {tile.output.y, tile.output.x, tile.output.c};
    const TilePool::Slot slot = tables.find({table, 0, 0});
    if (!slot.filled) load_bytes(layer.stream, table, slot.address, 2 * static_cast<std::int64_t>(indices.size()));
    isa::Gather op;
    op.table_address = slot.address;
    op.input_address = ins.find(key).address;
    op.output_address = outs.find(key).address;
    op.input_height = tile.input.height;
    op.input_width = tile.input.width;
    op.output_height = tile.output.height;
    op.output_width = tile.output.width;
    op.channels = tile.output.channels;
    load_box(layer.stream, layer.input(), tile.input, dense_tile(op.input_address, tile.input));
    layer.stream.emit(op);
    store_box(layer.stream, out, tile.output, dense_tile(op.output_address, tile.output));
  });
  layer.plan.tiling = to_string(shape, plan);
}

}  // namespace evenshift::compiler

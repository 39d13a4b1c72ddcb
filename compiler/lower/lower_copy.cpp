#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "compiler/lower/layer_context.h"
#include "compiler/lower/pixel_tiles.h"
#include "compiler/lower/tile_copy.h"
#include "compiler/lower/window_plan.h"

namespace evenshift::compiler {
namespace {

/// The inputs between the least and the greatest index of a range of `indices`.
InputSpan index_span(const std::vector<std::int64_t>& indices, std::int64_t first, std::int64_t count) {
  const auto begin = indices.begin() + first;
  const auto [least, greatest] = std::minmax_element(begin, begin + count);
  return {*least, *greatest - *least + 1, 0};
}

}  // namespace

void lower_concat(LayerContext& layer) {
  const auto& quantized = std::get<QuantizedConcat>(layer.quantized);
  const image::Tensor out = as_pixels(layer.output());
  std::int64_t offset = 0;
  std::int64_t copies = 0;
  for (std::size_t i = 0; i < layer.node.inputs.size(); ++i) {
    const image::Tensor in = as_pixels(layer.input(i));
    const std::int64_t first = offset;
    offset += in.channels;
    if (in.dram_address == out.address(0, 0, first) && in.pixel_stride == out.pixel_stride) continue;  // in place
    ++copies;
    const auto& rescale = quantized.rescales.at(i);
    PixelWork work{.pixels = in.width, .channels = in.channels, .streams = rescale ? 2 : 1};
    work.fixed_bytes = rescale ? 8 : 0;
    work.max_pixels = 65535;
    const PixelPlan plan = plan_pixels(layer, work);
    Scratchpad scratchpad(layer.config().scratchpad.size_bytes, copies % 2 == 0);
    TilePool tables(scratchpad, work.fixed_bytes, 1);
    TilePool ins(scratchpad, plan.tile_bytes(), plan.slots);
    TilePool outs(scratchpad, rescale ? plan.tile_bytes() : 0, plan.slots);
    isa::AveragePool op;
    if (rescale) {
      op.table_address = tables.find({0, 0, 0}).address;
      load_bytes(layer.stream, layer.constants.add_table(int32_bytes(std::array{rescale->multiplier, rescale->shift})),
                 op.table_address, work.fixed_bytes);
      op.input_zero_point = layer.input_quant(i).zero_point;
      op.output_zero_point = quantized.range.zero_point;
      op.clamp_low = quantized.range.low;
      op.clamp_high = quantized.range.high;
    }
    for_each_pixel_tile(work, plan, [&](const Box& box) {
      std::int64_t address = ins.find({box.x, box.c, 0}).address;
      load_box(layer.stream, in, box, dense_tile(address, box));
      if (rescale) {
        op.input_address = address;
        op.output_address = address = outs.find({box.x, box.c, 0}).address;
        op.input_width = op.output_width = box.width;
        op.channels = box.channels;
        layer.stream.emit(op);
      }
      Box target = box;
      target.c += first;
      store_box(layer.stream, out, target, dense_tile(address, box));
    });
    layer.plan.scratchpad_bytes = std::max(layer.plan.scratchpad_bytes, scratchpad.used_bytes());
  }
  layer.plan.tiling = fmt::format("{} of {} inputs copied, the others in place", copies, layer.node.inputs.size());
}

void lower_pad(LayerContext& layer) {
  const Pad& pad = std::get<Pad>(layer.node.op);
  const image::Tensor& target_tensor = layer.output();
  WindowShape shape{
      .channels = target_tensor.channels, .output_height = target_tensor.height, .output_width = target_tensor.width};
  const WindowAxis rows{.input = layer.input().height, .output = target_tensor.height, .pad = pad.top};
  const WindowAxis columns{.input = layer.input().width, .output = target_tensor.width, .pad = pad.left};
  shape.rows = [rows](std::int64_t first, std::int64_t count) { return input_span(rows, first, count); };
  shape.columns = [columns](std::int64_t first, std::int64_t count) { return input_span(columns, first, count); };
  shape.has_input_tile = false;
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
      fill.value = std::get<QuantizedCopy>(layer.quantized).pad_code;
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

void lower_resize(LayerContext& layer) {
  const Resize& resize = std::get<Resize>(layer.node.op);
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

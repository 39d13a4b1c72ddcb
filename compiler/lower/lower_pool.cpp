#include "arch/base/check.h"
#include "compiler/lower/layer_context.h"
#include "compiler/lower/tile_io.h"
#include "compiler/lower/vector_estimate.h"
#include "compiler/lower/window_plan.h"

namespace evenshift::compiler {
namespace {

const Window& window_of(const LayerView& layer) {
  if (const auto* pool = std::get_if<MaxPool>(&layer.node.op)) return pool->window;
  return std::get<AveragePool>(layer.node.op).window;
}

/// Pairs (M, n) of an average pool, as its command reads them; nothing for a max pool.
std::vector<std::int32_t> table_of(const LayerView& layer) {
  std::vector<std::int32_t> table;
  const auto* quantized = std::get_if<QuantizedAveragePool>(&layer.quantized);
  if (quantized == nullptr) return table;
  check(!quantized->by_count.empty(), layer.where() + ": no scale");
  for (const Rescale& rescale : quantized->by_count) {
    table.push_back(rescale.multiplier);
    table.push_back(rescale.shift);
  }
  // The command may read an entry for every number of taps, although none may occur.
  const Window& w = window_of(layer);
  if (quantized->by_count.size() > 1) table.resize(static_cast<std::size_t>(2 * w.kernel_height * w.kernel_width));
  return table;
}

WindowShape window_shape(const LayerView& layer) {
  const image::Tensor& in = layer.input();
  const image::Tensor& out = layer.output();
  const Window& w = window_of(layer);
  WindowShape shape{.channels = in.channels, .output_height = out.height, .output_width = out.width};
  const WindowAxis rows{in.height, out.height, w.kernel_height, w.stride_height, w.dilation_height, w.pad_top};
  const WindowAxis columns{in.width, out.width, w.kernel_width, w.stride_width, w.dilation_width, w.pad_left};
  shape.rows = [rows](std::int64_t first, std::int64_t count) { return input_span(rows, first, count); };
  shape.columns = [columns](std::int64_t first, std::int64_t count) { return input_span(columns, first, count); };
  const auto table_bytes = static_cast<std::int64_t>(4 * table_of(layer).size());
  shape.table_bytes = [table_bytes](std::int64_t, std::int64_t) { return table_bytes; };
  shape.has_input_tile = !layer.input_stays();
  shape.has_output_tile = !layer.output_stays;
  shape.whole_rows = layer.input_stays() || layer.output_stays;
  // Rows that stay are read as a whole, also where no window reaches their last columns.
  if (layer.input_stays())
    shape.columns = [columns](std::int64_t first, std::int64_t count) {
      return InputSpan{0, columns.input, input_span(columns, first, count).pad};
    };
  return shape;
}

/// Emits `op` over all tiles: load, pool, store.
template <typename Op>
void emit_pool(LayerContext& layer, Op op) {
  const Window& window = window_of(layer);
  const WindowShape shape = window_shape(layer);
  const WindowPlan plan = plan_window(layer, shape);
  const auto table = int32_bytes(table_of(layer));
  const auto table_bytes = static_cast<std::int64_t>(table.size());
  TilePool tables(layer.scratchpad, table_bytes, 1);
  const TensorView view = [](const image::Tensor& tensor) { return tensor; };
  InputTiles input(layer, 0, view, plan.input_slot_bytes, plan.slots);
  OutputTiles output(layer, view, plan.output_slot_bytes, plan.slots);
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
    op.input_height = tile.input.height;
    op.input_width = tile.input.width;
    op.output_height = tile.output.height;
    op.output_width = tile.output.width;
    op.channels = tile.output.channels;
    op.pad_top = tile.rows.pad;
    op.pad_left = tile.columns.pad;
    op.input_address = contiguous_address(tile.input, input.fetch(tile.input, key));
    const TileLayout result = output.place(tile.output, key);
    op.output_address = contiguous_address(tile.output, result);
    layer.stream.emit(op);
    output.store(tile.output, result);
  });
  layer.plan.tiling = to_string(shape, plan);
}

}  // namespace

void lower_pool(LayerContext& layer) {
  if (const auto* pool = std::get_if<MaxPool>(&layer.node.op)) {
    isa::MaxPool op;
    op.dilation_height = pool->window.dilation_height;
    op.dilation_width = pool->window.dilation_width;
    emit_pool(layer, op);
    return;
  }
  const auto& quantized = std::get<QuantizedAveragePool>(layer.quantized);
  isa::AveragePool op;
  op.by_count = quantized.by_count.size() > 1;
  op.input_zero_point = quantized.input_zero_point;
  op.output_zero_point = quantized.range.zero_point;
  op.clamp_low = quantized.range.low;
  op.clamp_high = quantized.range.high;
  emit_pool(layer, op);
}

std::optional<std::int64_t> estimate_pool(const LayerView& layer) {
  std::int64_t least_bytes = 0;
  if (!find_window_plan(layer, window_shape(layer), least_bytes)) return std::nullopt;
  const Window& w = window_of(layer);
  return vector_cycles(layer, layer.output().elements() * w.kernel_height * w.kernel_width);
}

}  // namespace evenshift::compiler

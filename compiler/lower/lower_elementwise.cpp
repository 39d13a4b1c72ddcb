#include <array>

#include "arch/base/check.h"
#include "compiler/lower/layer_context.h"
#include "compiler/lower/pixel_tiles.h"
#include "compiler/lower/tile_copy.h"

namespace evenshift::compiler {
namespace {

void set_range(auto& op, const OutputRange& range) {
  op.output_zero_point = range.zero_point;
  op.clamp_low = range.low;
  op.clamp_high = range.high;
}

/// Emits `op` over all tiles of a layer with two operands, of which the second may be one pixel for all.
template <typename Op>
void lower_pair(LayerContext& layer, Op op) {
  const bool is_shared = layer.input(1).elements() != layer.input(0).elements();
  const bool is_same = layer.node.inputs[0] == layer.node.inputs[1];
  const bool flat = !is_shared && is_dense(layer.input(0)) && is_dense(layer.input(1)) && is_dense(layer.output());
  const auto view = [&](const image::Tensor& tensor) { return flat ? as_elements(tensor) : as_pixels(tensor); };
  const image::Tensor a = view(layer.input(0));
  const image::Tensor b = view(layer.input(1));
  const image::Tensor out = view(layer.output());
  PixelWork work{.pixels = out.width, .channels = out.channels};
  work.streams = is_shared || is_same ? 2 : 3;
  work.bytes_per_channel = is_shared ? 1 : 0;
  const PixelPlan plan = plan_pixels(layer, work);
  TilePool shared(layer.scratchpad, is_shared ? plan.channels : 0, plan.param_slots);
  TilePool as(layer.scratchpad, plan.tile_bytes(), plan.slots);
  TilePool bs(layer.scratchpad, is_shared || is_same ? 0 : plan.tile_bytes(), plan.slots);
  TilePool outs(layer.scratchpad, plan.tile_bytes(), plan.slots);
  for_each_pixel_tile(work, plan, [&](const Box& box) {
    op.elements = box.elements();
    op.b_period = is_shared ? box.channels : op.elements;
    if (is_shared) {
      const Box one{.c = box.c, .channels = box.channels};
      const TilePool::Slot slot = shared.find({box.c, 0, 0});
      if (!slot.filled) load_box(layer.stream, b, one, dense_tile(slot.address, one));
      op.b_address = slot.address;
    }
    op.a_address = as.find({box.x, box.c, 0}).address;
    load_box(layer.stream, a, box, dense_tile(op.a_address, box));
    if (is_same) {
      op.b_address = op.a_address;
    } else if (!is_shared) {
      op.b_address = bs.find({box.x, box.c, 0}).address;
      load_box(layer.stream, b, box, dense_tile(op.b_address, box));
    }
    op.output_address = outs.find({box.x, box.c, 0}).address;
    layer.stream.emit(op);
    store_box(layer.stream, out, box, dense_tile(op.output_address, box));
  });
  layer.plan.tiling = to_string(work, plan);
}

/// Emits `op` over all tiles of a layer with one operand. `channel_table` has `table_bytes` bytes a channel; where that
/// is 0, `fixed_table` serves all of them.
template <typename Op>
void lower_single(LayerContext& layer, Op op, std::int64_t table_bytes, const std::vector<std::uint8_t>& table) {
  const bool flat = table_bytes == 0 && is_dense(layer.input()) && is_dense(layer.output());
  const image::Tensor in = flat ? as_elements(layer.input()) : as_pixels(layer.input());
  const image::Tensor out = flat ? as_elements(layer.output()) : as_pixels(layer.output());
  PixelWork work{.pixels = out.width, .channels = out.channels, .streams = 2, .bytes_per_channel = table_bytes};
  work.fixed_bytes = table_bytes == 0 ? static_cast<std::int64_t>(table.size()) : 0;
  const PixelPlan plan = plan_pixels(layer, work);
  const std::int64_t table_address = layer.constants.add_table(table);
  TilePool tables(layer.scratchpad, work.fixed_bytes + table_bytes * plan.channels, plan.param_slots);
  TilePool ins(layer.scratchpad, plan.tile_bytes(), plan.slots);
  TilePool outs(layer.scratchpad, plan.tile_bytes(), plan.slots);
  for_each_pixel_tile(work, plan, [&](const Box& box) {
    const TilePool::Slot slot = tables.find({table_bytes == 0 ? 0 : box.c, 0, 0});
    if (!slot.filled)
      load_bytes(layer.stream, table_address + table_bytes * box.c, slot.address,
                 table_bytes == 0 ? work.fixed_bytes : table_bytes * box.channels);
    op.table_address = slot.address;
    op.input_address = ins.find({box.x, box.c, 0}).address;
    op.output_address = outs.find({box.x, box.c, 0}).address;
    op.elements = box.elements();
    if constexpr (requires { op.channels; }) op.channels = box.channels;
    load_box(layer.stream, in, box, dense_tile(op.input_address, box));
    layer.stream.emit(op);
    store_box(layer.stream, out, box, dense_tile(op.output_address, box));
  });
  layer.plan.tiling = to_string(work, plan);
}

}  // namespace

void lower_add(LayerContext& layer, const QuantizedAdd& quantized) {
  isa::Add op;
  op.zero_point_a = quantized.scales.zero_point_a;
  op.zero_point_b = quantized.scales.zero_point_b;
  op.multiplier_a = quantized.scales.multiplier_a;
  op.multiplier_b = quantized.scales.multiplier_b;
  op.shift = quantized.scales.shift;
  set_range(op, quantized.range);
  lower_pair(layer, op);
}

void lower_multiply(LayerContext& layer, const QuantizedMultiply& quantized) {
  isa::Multiply op;
  op.zero_point_a = quantized.scales.zero_point_a;
  op.zero_point_b = quantized.scales.zero_point_b;
  op.multiplier = quantized.scales.multiplier;
  op.shift = quantized.scales.shift;
  set_range(op, quantized.range);
  lower_pair(layer, op);
}

void lower_lookup(LayerContext& layer, const QuantizedLookup& quantized) {
  lower_single(layer, isa::Lookup{}, 0, std::vector<std::uint8_t>(quantized.table.begin(), quantized.table.end()));
}

void lower_parametric_relu(LayerContext& layer, const QuantizedParametricRelu& quantized) {
  check_equal(static_cast<std::int64_t>(quantized.negative_multipliers.size()), layer.input().channels,
              layer.where() + ": multipliers of negative values");
  isa::ParametricRelu op;
  op.multiplier = quantized.multiplier;
  op.shift = quantized.shift;
  op.input_zero_point = layer.input_quant().zero_point;
  set_range(op, quantized.range);
  lower_single(layer, op, 4, int32_bytes(quantized.negative_multipliers));
}

void lower_concat(LayerContext& layer, const QuantizedConcat& quantized) {
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
      set_range(op, quantized.range);
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

}  // namespace evenshift::compiler

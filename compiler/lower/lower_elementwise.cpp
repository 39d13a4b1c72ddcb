#include <algorithm>
#include <array>

#include "arch/base/check.h"
#include "arch/datapath/vector_unit.h"
#include "compiler/lower/layer_context.h"
#include "compiler/lower/pixel_tiles.h"
#include "compiler/lower/tile_io.h"
#include "compiler/lower/vector_estimate.h"

namespace evenshift::compiler {
namespace {

void set_range(auto& op, const OutputRange& range) {
  op.output_zero_point = range.zero_point;
  op.clamp_low = range.low;
  op.clamp_high = range.high;
}

isa::Add command_of(const QuantizedAdd& quantized) {
  isa::Add op;
  op.zero_point_a = quantized.scales.zero_point_a;
  op.zero_point_b = quantized.scales.zero_point_b;
  op.multiplier_a = quantized.scales.multiplier_a;
  op.multiplier_b = quantized.scales.multiplier_b;
  op.shift = quantized.scales.shift;
  set_range(op, quantized.range);
  return op;
}

isa::Multiply command_of(const QuantizedMultiply& quantized) {
  isa::Multiply op;
  op.zero_point_a = quantized.scales.zero_point_a;
  op.zero_point_b = quantized.scales.zero_point_b;
  op.multiplier = quantized.scales.multiplier;
  op.shift = quantized.scales.shift;
  set_range(op, quantized.range);
  return op;
}

/// How a layer's pixels are looked at and cut.
struct ElementwiseShape {
  bool is_pair = false;
  bool is_shared = false;  ///< the second operand is one pixel for all
  bool is_same = false;    ///< both operands are one value
  std::int64_t table_bytes_per_channel = 0;
  std::int64_t table_bytes = 0;  ///< of a table for all channels
  bool is_flat = false;          ///< channels do not matter: runs of bytes
  PixelWork work;
};

ElementwiseShape elementwise_shape(const LayerView& layer) {
  ElementwiseShape shape;
  shape.is_pair = layer.node.inputs.size() == 2;
  shape.is_shared = shape.is_pair && layer.input(1).elements() != layer.input(0).elements();
  shape.is_same = shape.is_pair && layer.node.inputs[0] == layer.node.inputs[1];
  if (std::holds_alternative<QuantizedLookup>(layer.quantized)) shape.table_bytes = 256;
  if (std::holds_alternative<QuantizedParametricRelu>(layer.quantized)) shape.table_bytes_per_channel = 4;
  shape.is_flat = !shape.is_shared && shape.table_bytes_per_channel == 0 && is_dense(layer.output());
  for (std::size_t i = 0; i < layer.node.inputs.size(); ++i) shape.is_flat &= is_dense(layer.input(i));
  const image::Tensor out = shape.is_flat ? as_elements(layer.output()) : as_pixels(layer.output());
  PixelWork& work = shape.work;
  work.pixels = out.width;
  work.channels = out.channels;
  const bool has_second_tile = shape.is_pair && !shape.is_shared && !shape.is_same;
  work.streams = !layer.input_stays(0) + !layer.output_stays + (has_second_tile && !layer.input_stays(1));
  work.bytes_per_channel = shape.table_bytes_per_channel + (shape.is_shared ? 1 : 0);
  work.fixed_bytes = shape.table_bytes;
  work.all_channels = layer.input_that_stays.has_value() || layer.output_stays;
  return shape;
}

class ElementwiseLowering {
 public:
  explicit ElementwiseLowering(LayerContext& layer)
      : layer_(layer), shape_(elementwise_shape(layer)), plan_(plan_pixels(layer, shape_.work)) {}

  template <typename Op>
  void run_pair(Op op) {
    const TensorView view = view_of();
    InputTiles second(layer_, 1, shape_.is_shared ? TensorView(as_pixels) : view,
                      shape_.is_shared ? plan_.channels
                      : shape_.is_same ? 0
                                       : plan_.tile_bytes(),
                      shape_.is_shared ? plan_.param_slots : plan_.slots);
    InputTiles first(layer_, 0, view, plan_.tile_bytes(), plan_.slots);
    OutputTiles output(layer_, view, plan_.tile_bytes(), plan_.slots);
    for_each_pixel_tile(shape_.work, plan_, [&](const Box& box) {
      op.elements = box.elements();
      op.b_period = shape_.is_shared ? box.channels : op.elements;
      if (shape_.is_shared) {
        const Box one{.c = box.c, .channels = box.channels};
        op.b_address = contiguous_address(one, second.fetch(one, {box.c, 0, 0}));
      }
      op.a_address = contiguous_address(box, first.fetch(box, {box.x, box.c, 0}));
      if (shape_.is_same)
        op.b_address = op.a_address;
      else if (!shape_.is_shared)
        op.b_address = contiguous_address(box, second.fetch(box, {box.x, box.c, 0}));
      emit(op, output, box);
    });
    layer_.plan.tiling = to_string(shape_.work, plan_);
  }

  template <typename Op>
  void run_single(Op op, const std::vector<std::uint8_t>& table) {
    const TensorView view = view_of();
    const std::int64_t per_channel = shape_.table_bytes_per_channel;
    const std::int64_t table_address = layer_.constants.add_table(table);
    TilePool tables(layer_.scratchpad, shape_.table_bytes + per_channel * plan_.channels, plan_.param_slots);
    InputTiles input(layer_, 0, view, plan_.tile_bytes(), plan_.slots);
    OutputTiles output(layer_, view, plan_.tile_bytes(), plan_.slots);
    for_each_pixel_tile(shape_.work, plan_, [&](const Box& box) {
      const TilePool::Slot slot = tables.find({per_channel == 0 ? 0 : box.c, 0, 0});
      if (!slot.filled)
        load_bytes(layer_.stream, table_address + per_channel * box.c, slot.address,
                   per_channel == 0 ? shape_.table_bytes : per_channel * box.channels);
      op.table_address = slot.address;
      op.elements = box.elements();
      if constexpr (requires { op.channels; }) op.channels = box.channels;
      op.input_address = contiguous_address(box, input.fetch(box, {box.x, box.c, 0}));
      emit(op, output, box);
    });
    layer_.plan.tiling = to_string(shape_.work, plan_);
  }

 private:
  TensorView view_of() const { return shape_.is_flat ? TensorView(as_elements) : TensorView(as_pixels); }

  template <typename Op>
  void emit(Op& op, OutputTiles& output, const Box& box) {
    const TileLayout result = output.place(box, {box.x, box.c, 0});
    op.output_address = contiguous_address(box, result);
    layer_.stream.emit(op);
    output.store(box, result);
  }

  LayerContext& layer_;
  ElementwiseShape shape_;
  PixelPlan plan_;
};

}  // namespace

void lower_elementwise(LayerContext& layer) {
  ElementwiseLowering lowering(layer);
  if (const auto* add = std::get_if<QuantizedAdd>(&layer.quantized)) {
    lowering.run_pair(command_of(*add));
  } else if (const auto* multiply = std::get_if<QuantizedMultiply>(&layer.quantized)) {
    lowering.run_pair(command_of(*multiply));
  } else if (const auto* lookup = std::get_if<QuantizedLookup>(&layer.quantized)) {
    lowering.run_single(isa::Lookup{}, {lookup->table.begin(), lookup->table.end()});
  } else {
    const auto& prelu = std::get<QuantizedParametricRelu>(layer.quantized);
    check_equal(static_cast<std::int64_t>(prelu.negative_multipliers.size()), layer.input().channels,
                layer.where() + ": multipliers of negative values");
    isa::ParametricRelu op;
    op.multiplier = prelu.multiplier;
    op.shift = prelu.shift;
    op.input_zero_point = layer.input_quant().zero_point;
    set_range(op, prelu.range);
    lowering.run_single(op, int32_bytes(prelu.negative_multipliers));
  }
}

std::optional<std::int64_t> estimate_elementwise(const LayerView& layer) {
  const auto plan = find_pixel_plan(layer, elementwise_shape(layer).work);
  if (!plan) return std::nullopt;
  return vector_cycles(layer, layer.output().elements());
}

}  // namespace evenshift::compiler

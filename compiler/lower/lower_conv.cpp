#include <algorithm>

#include "arch/base/check.h"
#include "arch/isa/weight_layout.h"
#include "compiler/lower/conv_plan.h"
#include "compiler/lower/layer_context.h"
#include "compiler/lower/tile_io.h"

namespace evenshift::compiler {
namespace {

/// Channels of one command: group_count groups from first_group on, outputs [first_output, + outputs) of each.
struct ChannelBlock {
  std::int64_t index = 0, group_block = 0;
  std::int64_t first_group = 0, group_count = 1, first_output = 0, outputs = 1;
};

/// A place in DRAM and its size.
struct Placed {
  std::int64_t address = 0, bytes = 0;
};

/// Where rows that the stride steps over need not be loaded: a view of the input without them.
bool skips_rows(const Window& w, const image::Tensor& input, const image::Tensor& output) {
  return w.kernel_height == 1 && w.stride_height > 1 && w.pad_top == 0 &&
         (output.height - 1) * w.stride_height < input.height;
}

TensorView input_view(const LayerView& layer) {
  const Window& w = std::get<Conv>(layer.node.op).window;
  if (!skips_rows(w, layer.input(), layer.output())) return [](const image::Tensor& tensor) { return tensor; };
  const std::int64_t step = w.stride_height;
  const std::int64_t height = layer.output().height;
  return [step, height](const image::Tensor& tensor) {
    image::Tensor view = tensor;
    view.row_stride *= step;
    view.height = height;
    return view;
  };
}

ConvShape conv_shape(const LayerView& layer) {
  const Conv& conv = std::get<Conv>(layer.node.op);
  const Window& w = conv.window;
  const image::Tensor input = input_view(layer)(layer.input());
  const image::Tensor& output = layer.output();
  const std::int64_t row_step = skips_rows(w, layer.input(), output) ? 1 : w.stride_height;
  ConvShape shape;
  shape.rows = {input.height, output.height, w.kernel_height, row_step, w.dilation_height, w.pad_top};
  shape.columns = {input.width, output.width, w.kernel_width, w.stride_width, w.dilation_width, w.pad_left};
  shape.groups = conv.groups;
  shape.inputs_per_group = input.channels / conv.groups;
  shape.outputs_per_group = output.channels / conv.groups;
  shape.weight_bits = std::get<QuantizedConv>(layer.quantized).weight_bits;
  shape.input_row_stride = input.row_stride;
  shape.input_pixel_stride = input.pixel_stride;
  shape.output_row_stride = output.row_stride;
  shape.output_pixel_stride = output.pixel_stride;
  shape.input_stays = layer.input_stays();
  shape.output_stays = layer.output_stays;
  return shape;
}

ConvPlan plan_of(const LayerView& layer, const ConvShape& shape) {
  if (const auto& plan = layer.planner.find(shape, layer.budget_bytes())) return *plan;
  fail("{}: its smallest tile needs {} bytes of scratchpad, scratchpad.size_bytes is {}", layer.where(),
       layer.planner.smallest_bytes(shape), layer.config().scratchpad.size_bytes);
}

class ConvLowering {
 public:
  explicit ConvLowering(LayerContext& layer)
      : layer_(layer),
        quantized_(std::get<QuantizedConv>(layer.quantized)),
        shape_(conv_shape(layer)),
        plan_(plan_of(layer, shape_)),
        tiles_(tiles_of(shape_, plan_)),
        // The constants first: they lie at the scratchpad's end, where the layer before is least likely to be.
        bias_pool_(layer.scratchpad, plan_.bias_slot_bytes, plan_.param_slots),
        scale_pool_(layer.scratchpad, plan_.scale_slot_bytes, plan_.param_slots),
        weight_pool_(layer.scratchpad, plan_.weight_slot_bytes, plan_.weight_slots),
        input_(layer, 0, input_view(layer), plan_.input_slot_bytes, plan_.input_slots),
        output_(
            layer, [](const image::Tensor& tensor) { return tensor; }, plan_.output_slot_bytes, plan_.output_slots) {}

  void run() {
    list_blocks();
    add_constants();
    if (plan_.channels_outside) {
      for (const ChannelBlock& block : blocks_)
        for (std::int64_t tile = 0; tile < tiles_.spatial(); ++tile) emit_tile(block, tile);
    } else {
      for (std::int64_t tile = 0; tile < tiles_.spatial(); ++tile)
        for (const ChannelBlock& block : blocks_) emit_tile(block, tile);
    }
    layer_.plan.tiling = to_string(shape_, plan_);
  }

 private:
  void list_blocks() {
    for (std::int64_t g = 0; g < tiles_.group_blocks; ++g)
      for (std::int64_t o = 0; o < tiles_.output_blocks; ++o) {
        ChannelBlock block;
        block.index = static_cast<std::int64_t>(blocks_.size());
        block.group_block = g;
        block.first_group = g * plan_.groups;
        block.group_count = std::min(plan_.groups, shape_.groups - block.first_group);
        block.first_output = o * plan_.outputs;
        block.outputs = std::min(plan_.outputs, shape_.outputs_per_group - block.first_output);
        blocks_.push_back(block);
      }
  }

  /// First output channel of the layer that a block computes; its channels follow each other.
  std::int64_t first_channel(const ChannelBlock& block) const {
    return block.first_group * shape_.outputs_per_group + block.first_output;
  }

  std::int64_t part_inputs(std::int64_t part) const {
    return std::min(plan_.inputs, shape_.inputs_per_group - part * plan_.inputs);
  }

  /// Weights of a block over one part of the inputs as [channel][ky][kx][input], which is what isa::pack_weights takes.
  std::vector<std::int8_t> block_weights(const ChannelBlock& block, std::int64_t part) const {
    const std::int64_t taps = shape_.rows.kernel * shape_.columns.kernel;
    const std::int64_t count = block.group_count * block.outputs;
    const std::int64_t inputs = part_inputs(part);
    std::vector<std::int8_t> weights;
    weights.reserve(static_cast<std::size_t>(count * taps * inputs));
    for (std::int64_t c = 0; c < count; ++c) {
      const std::int64_t channel = first_channel(block) + c;
      for (std::int64_t tap = 0; tap < taps; ++tap)
        for (std::int64_t i = 0; i < inputs; ++i)
          weights.push_back(quantized_.weights[static_cast<std::size_t>(
              (channel * shape_.inputs_per_group + part * plan_.inputs + i) * taps + tap)]);
    }
    return weights;
  }

  void add_constants() {
    const NpuConfig& config = layer_.config();
    for (const ChannelBlock& block : blocks_) {
      for (std::int64_t part = 0; part < tiles_.reduction_parts; ++part) {
        const isa::Conv command =
            conv_command(shape_, plan_, 1, 1, block.group_count, block.outputs, part_inputs(part));
        const auto packed = isa::pack_weights(command, config.conv_core.mac_cols, block_weights(block, part));
        const bool is_first = block.index == 0 && part == 0;
        weights_.push_back({layer_.constants.add(ConstantPool::weights, packed, is_first ? kAlignmentBytes : 1),
                            static_cast<std::int64_t>(packed.size())});
      }
      const auto first = static_cast<std::size_t>(first_channel(block));
      const auto count = static_cast<std::size_t>(block.group_count * block.outputs);
      const auto biases = int32_bytes(std::span(quantized_.bias).subspan(first, count));
      const auto scales =
          isa::pack_scales(config.requantizer, std::span(quantized_.channel_scales).subspan(first, count));
      biases_.push_back(
          {layer_.constants.add(ConstantPool::biases, biases, 4), static_cast<std::int64_t>(biases.size())});
      scales_.push_back({layer_.constants.add(ConstantPool::scales, scales), static_cast<std::int64_t>(scales.size())});
    }
  }

  /// Puts one of a list of constants, or all of them, into the scratchpad where they are not there yet, and returns the
  /// address of the one.
  std::int64_t address_of(TilePool& pool, const std::vector<Placed>& list, std::size_t index, bool whole) {
    const TilePool::Slot slot = pool.find({whole ? 0 : static_cast<std::int64_t>(index), 0, 0});
    const std::int64_t first = whole ? list.front().address : list[index].address;
    const std::int64_t end = whole ? list.back().address + list.back().bytes : first + list[index].bytes;
    if (!slot.filled && end > first) load_bytes(layer_.stream, first, slot.address, end - first);
    return slot.address + list[index].address - first;
  }

  void emit_tile(const ChannelBlock& block, std::int64_t tile) {
    const std::int64_t y = tile / tiles_.columns * plan_.tile_height;
    const std::int64_t x = tile % tiles_.columns * plan_.tile_width;
    const std::int64_t channels = block.group_count * block.outputs;
    const Box out{y,
                  x,
                  first_channel(block),
                  std::min(plan_.tile_height, shape_.rows.output - y),
                  std::min(plan_.tile_width, shape_.columns.output - x),
                  channels};
    const auto index = static_cast<std::size_t>(block.index);
    const std::int64_t bias = address_of(bias_pool_, biases_, index, plan_.whole_params);
    const std::int64_t scale = address_of(scale_pool_, scales_, index, plan_.whole_params);
    const TileLayout result = output_.place(out, {tile, block.index, 0});
    for (std::int64_t part = 0; part < tiles_.reduction_parts; ++part) {
      isa::Conv command =
          conv_command(shape_, plan_, out.height, out.width, block.group_count, block.outputs, part_inputs(part));
      command.weight_address =
          address_of(weight_pool_, weights_,
                     index * static_cast<std::size_t>(tiles_.reduction_parts) + static_cast<std::size_t>(part),
                     plan_.whole_weights);
      set_input(command, block, part, out, tile);
      command.output_address = result.address;
      command.output_row_stride = result.row_stride;
      command.output_pixel_stride = result.pixel_stride;
      command.bias_address = bias;
      command.scale_address = scale;
      command.pad_value = layer_.input_quant().zero_point;
      command.multiplier = quantized_.layer_scale.multiplier;
      command.shift = quantized_.layer_scale.shift;
      command.output_zero_point = quantized_.range.zero_point;
      command.clamp_low = quantized_.range.low;
      command.clamp_high = quantized_.range.high;
      command.continues = part > 0;
      command.finishes = part + 1 == tiles_.reduction_parts;
      layer_.stream.emit(command);
    }
    output_.store(out, result);
  }

  /// Loads the inputs of `out`, where they are not in the scratchpad, and sets the command's input fields.
  void set_input(isa::Conv& command, const ChannelBlock& block, std::int64_t part, const Box& out, std::int64_t tile) {
    const InputSpan rows = input_span(shape_.rows, out.y, out.height);
    const InputSpan columns = input_span(shape_.columns, out.x, out.width);
    const std::int64_t first_input = block.first_group * shape_.inputs_per_group;
    Box in{rows.first, columns.first, first_input,
           rows.count, columns.count, block.group_count * shape_.inputs_per_group};
    if (!plan_.whole_input) {
      in.c = first_input + part * plan_.inputs;
      in.channels = block.group_count * part_inputs(part);
    }
    const TileLayout layout = input_.fetch(in, {tile, block.group_block, plan_.whole_input ? 0 : part});
    command.input_address = layout.address + (plan_.whole_input ? part * plan_.inputs : 0);
    command.input_height = in.height;
    command.input_width = in.width;
    command.input_pixel_stride = layout.pixel_stride;
    command.input_row_stride = layout.row_stride;
    command.pad_top = rows.pad;
    command.pad_left = columns.pad;
  }

  LayerContext& layer_;
  const QuantizedConv& quantized_;
  ConvShape shape_;
  ConvPlan plan_;
  ConvTiles tiles_;
  TilePool bias_pool_, scale_pool_, weight_pool_;
  InputTiles input_;
  OutputTiles output_;
  std::vector<ChannelBlock> blocks_;
  std::vector<Placed> weights_, biases_, scales_;  ///< by block (weights: and part)
};

}  // namespace

void lower_conv(LayerContext& layer) { ConvLowering(layer).run(); }

std::optional<std::int64_t> estimate_conv(const LayerView& layer) {
  if (layer.budget_bytes() <= 0) return std::nullopt;
  const auto& plan = layer.planner.find(conv_shape(layer), layer.budget_bytes());
  return plan ? std::optional(plan->cycles) : std::nullopt;
}

}  // namespace evenshift::compiler

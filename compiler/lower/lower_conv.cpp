#include <algorithm>

#include "arch/base/check.h"
#include "arch/isa/weight_layout.h"
#include "compiler/lower/conv_plan.h"
#include "compiler/lower/layer_context.h"
#include "compiler/lower/tile_copy.h"

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

class ConvLowering {
 public:
  ConvLowering(LayerContext& layer, const Conv& conv, const QuantizedConv& quantized)
      : layer_(layer), conv_(conv), quantized_(quantized), input_(layer.input()), output_(layer.output()) {
    describe_shape();
    plan_ = plan_conv(shape_, layer.config(), layer.where());
    tiles_ = tiles_of(shape_, plan_);
  }

  void run() {
    list_blocks();
    add_constants();
    // The constants first: they lie at the scratchpad's end, where the layer before is least likely to be.
    TilePool biases(layer_.scratchpad, plan_.bias_slot_bytes, plan_.param_slots);
    TilePool scales(layer_.scratchpad, plan_.scale_slot_bytes, plan_.param_slots);
    TilePool weights(layer_.scratchpad, plan_.weight_slot_bytes, plan_.weight_slots);
    TilePool inputs(layer_.scratchpad, plan_.input_slot_bytes, plan_.input_slots);
    TilePool outputs(layer_.scratchpad, plan_.output_slot_bytes, plan_.output_slots);
    pools_ = {&biases, &scales, &weights, &inputs, &outputs};
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
  struct Pools {
    TilePool *biases = nullptr, *scales = nullptr, *weights = nullptr, *inputs = nullptr, *outputs = nullptr;
  };

  void describe_shape() {
    const Window& w = conv_.window;
    shape_.rows = {input_.height, output_.height, w.kernel_height, w.stride_height, w.dilation_height, w.pad_top};
    shape_.columns = {input_.width, output_.width, w.kernel_width, w.stride_width, w.dilation_width, w.pad_left};
    if (w.kernel_height == 1 && w.stride_height > 1 && w.pad_top == 0 &&
        (output_.height - 1) * w.stride_height < input_.height) {
      // Rows that the stride steps over are not loaded.
      input_.row_stride *= w.stride_height;
      input_.height = output_.height;
      shape_.rows.input = output_.height;
      shape_.rows.stride = 1;
    }
    shape_.groups = conv_.groups;
    shape_.inputs_per_group = input_.channels / conv_.groups;
    shape_.outputs_per_group = output_.channels / conv_.groups;
    shape_.weight_bits = quantized_.weight_bits;
    shape_.input_row_stride = input_.row_stride;
    shape_.input_pixel_stride = input_.pixel_stride;
    shape_.output_row_stride = output_.row_stride;
    shape_.output_pixel_stride = output_.pixel_stride;
  }

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
                  std::min(plan_.tile_height, output_.height - y),
                  std::min(plan_.tile_width, output_.width - x),
                  channels};
    const auto index = static_cast<std::size_t>(block.index);
    const std::int64_t bias = address_of(*pools_.biases, biases_, index, plan_.whole_params);
    const std::int64_t scale = address_of(*pools_.scales, scales_, index, plan_.whole_params);
    std::int64_t output_address = 0;
    for (std::int64_t part = 0; part < tiles_.reduction_parts; ++part) {
      const std::int64_t inputs = part_inputs(part);
      isa::Conv command = conv_command(shape_, plan_, out.height, out.width, block.group_count, block.outputs, inputs);
      command.weight_address = load_weights(block, part);
      load_input(command, block, part, out, tile);
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
      if (part == 0) output_address = pools_.outputs->find({tile, block.index, 0}).address;
      command.output_address = output_address;
      layer_.stream.emit(command);
    }
    store_box(layer_.stream, output_, out, dense_tile(output_address, out));
  }

  std::int64_t load_weights(const ChannelBlock& block, std::int64_t part) {
    const auto index = static_cast<std::size_t>(block.index * tiles_.reduction_parts + part);
    return address_of(*pools_.weights, weights_, index, plan_.whole_weights);
  }

  /// Loads the inputs of `out`, where they are not in the scratchpad, and sets the command's input fields.
  void load_input(isa::Conv& command, const ChannelBlock& block, std::int64_t part, const Box& out, std::int64_t tile) {
    const InputSpan rows = input_span(shape_.rows, out.y, out.height);
    const InputSpan columns = input_span(shape_.columns, out.x, out.width);
    const std::int64_t first_input = block.first_group * shape_.inputs_per_group;
    Box in{rows.first, columns.first, first_input,
           rows.count, columns.count, block.group_count * shape_.inputs_per_group};
    if (!plan_.whole_input) {
      in.c = first_input + part * plan_.inputs;
      in.channels = block.group_count * part_inputs(part);
    }
    const TilePool::Slot slot = pools_.inputs->find({tile, block.group_block, plan_.whole_input ? 0 : part});
    if (!slot.filled) load_box(layer_.stream, input_, in, dense_tile(slot.address, in));
    command.input_address = slot.address + (plan_.whole_input ? part * plan_.inputs : 0);
    command.input_height = in.height;
    command.input_width = in.width;
    command.input_pixel_stride = in.channels;
    command.input_row_stride = in.width * in.channels;
    command.pad_top = rows.pad;
    command.pad_left = columns.pad;
  }

  LayerContext& layer_;
  const Conv& conv_;
  const QuantizedConv& quantized_;
  image::Tensor input_, output_;
  ConvShape shape_;
  ConvPlan plan_;
  ConvTiles tiles_;
  std::vector<ChannelBlock> blocks_;
  std::vector<Placed> weights_, biases_, scales_;  ///< by block (weights: and part)
  Pools pools_;
};

}  // namespace

void lower_conv(LayerContext& layer, const Conv& conv, const QuantizedConv& quantized) {
  check_equal(quantized.bias.size(), quantized.channel_scales.size(), layer.where() + ": scales and biases");
  ConvLowering(layer, conv, quantized).run();
}

}  // namespace evenshift::compiler

#include "sim/functional/packed_conv.h"

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "arch/base/bit_stream.h"
#include "arch/base/ceil_divide.h"
#include "arch/isa/weight_layout.h"
#include "arch/numerics/high_word_scale.h"

namespace evenshift::sim {
namespace {

/// More output channels for one input than this are computed as a (narrow) matrix product rather than channel by
/// channel.
constexpr std::int64_t kMaxDepthwiseMultiplier = 4;

/// Blocks of a matrix product: the vectors of a group, cut as evenly as can be.
void lay_out_groups(const isa::Conv& conv, const Kernels& kernels, PackedConv& packed) {
  packed.row_runs = conv.output_channels == conv.outputs_per_group && conv.dilation_width == 1;
  packed.runs = conv.kernel_height * (packed.row_runs ? 1 : conv.kernel_width);
  packed.run_units =
      ceil_divide(conv.inputs_per_group * (packed.row_runs ? conv.kernel_width : 1), kernels.unit_elements);
  const std::int64_t vectors = ceil_divide(conv.outputs_per_group, kernels.lanes);
  const std::int64_t blocks = ceil_divide(vectors, kernels.max_vectors);
  const std::int64_t reduction_units = packed.runs * packed.run_units;
  for (std::int64_t group = 0; group < conv.output_channels / conv.outputs_per_group; ++group) {
    for (std::int64_t b = 0; b < blocks; ++b) {
      const std::int64_t first = vectors * b / blocks;
      ConvBlock block;
      block.group = group;
      block.vectors = vectors * (b + 1) / blocks - first;
      block.first_position = (group * vectors + first) * kernels.lanes;
      block.first_channel = group * conv.outputs_per_group + first * kernels.lanes;
      block.channels = std::min(block.vectors * kernels.lanes, conv.outputs_per_group - first * kernels.lanes);
      block.first_weight_unit = block.first_position * reduction_units;
      for (std::int64_t i = 0; i < block.channels; ++i) packed.position_of_channel.push_back(block.first_position + i);
      packed.positions = block.first_position + block.vectors * kernels.lanes;
      packed.blocks.push_back(block);
    }
  }
}

void lay_out_depthwise(const isa::Conv& conv, const Kernels& kernels, PackedConv& packed) {
  packed.depthwise = true;
  packed.runs = conv.kernel_width;
  packed.run_units = ceil_divide(conv.kernel_height, kernels.unit_elements);
  const std::int64_t width = kernels.depthwise_vectors * kernels.lanes;
  packed.position_of_channel.resize(static_cast<std::size_t>(conv.output_channels));
  for (std::int64_t first = 0; first < conv.output_channels; first += width) {
    ConvBlock block;
    block.first_position = first;
    block.vectors = kernels.depthwise_vectors;
    block.first_channel = first;
    block.channels = std::min(width, conv.output_channels - first);
    block.first_weight_unit = first * packed.runs * packed.run_units;
    packed.positions = first + width;
    packed.blocks.push_back(block);
    for (std::int64_t p = 0; p < width; ++p) {
      const std::int64_t channel = first + depthwise_channel(block.vectors, p / kernels.lanes, p % kernels.lanes);
      if (channel < conv.output_channels) packed.position_of_channel[static_cast<std::size_t>(channel)] = first + p;
    }
  }
}

/// Puts weight `element` of a unit in place.
void put_weight(std::int32_t& unit, std::int64_t element, std::int8_t weight, const Kernels& kernels) {
  const auto bits = static_cast<std::uint32_t>(32 / kernels.unit_elements);
  const std::uint32_t mask = static_cast<std::uint32_t>((std::uint64_t{1} << bits) - 1);
  unit |= static_cast<std::int32_t>((static_cast<std::uint32_t>(weight) & mask)
                                    << (bits * static_cast<std::uint32_t>(element)));
}

void pack_weights(const isa::Conv& conv, const Kernels& kernels, const std::vector<std::int8_t>& weights,
                  PackedConv& packed) {
  packed.weight_units.resize(static_cast<std::size_t>(packed.positions * packed.runs * packed.run_units));
  const std::int64_t reduction = isa::reduction_size(conv);
  for (const ConvBlock& block : packed.blocks) {
    const std::int64_t width = block.vectors * kernels.lanes;
    for (std::int64_t c = block.first_channel; c < block.first_channel + block.channels; ++c) {
      const std::int64_t place = packed.position_of_channel[static_cast<std::size_t>(c)] - block.first_position;
      const std::int8_t* w = weights.data() + c * reduction;
      for (std::int64_t r = 0; r < reduction; ++r) {
        // Of a depthwise kernel a run is a column, otherwise a row or a tap.
        const std::int64_t length = packed.depthwise ? conv.kernel_height : reduction / packed.runs;
        const std::int64_t run = packed.depthwise ? r % conv.kernel_width : r / length;
        const std::int64_t element = packed.depthwise ? r / conv.kernel_width : r % length;
        const std::int64_t unit = run * packed.run_units + element / kernels.unit_elements;
        put_weight(packed.weight_units[static_cast<std::size_t>(block.first_weight_unit + unit * width + place)],
                   element % kernels.unit_elements, w[r], kernels);
      }
    }
  }
}

std::int32_t int32_at(std::span<const std::uint8_t> bytes, std::int64_t address) {
  return std::bit_cast<std::int32_t>(packed_field(bytes.subspan(static_cast<std::size_t>(address)), 0, 32));
}

/// Also gives a bound of each channel's accumulators, whatever the input codes are.
std::vector<std::int64_t> pack_initial(const isa::Conv& conv, const NpuConfig& config, const Kernels& kernels,
                                       std::span<const std::uint8_t> scratchpad,
                                       const std::vector<std::int8_t>& weights, PackedConv& packed) {
  std::vector<std::int64_t> bounds;
  packed.initial.resize(static_cast<std::size_t>(packed.positions));
  const std::int64_t reduction = isa::reduction_size(conv);
  const std::int64_t offset = (packed.depthwise ? kernels.depthwise_elements : kernels.gemm_elements).offset;
  const std::int64_t limit = (std::int64_t{1} << (config.conv_core.accumulator_bits - 1)) - 1;
  packed.fits = conv.continues == 0;
  for (std::int64_t c = 0; c < conv.output_channels; ++c) {
    std::int64_t sum = 0, magnitude = 0;
    for (std::int64_t r = 0; r < reduction; ++r) {
      const std::int64_t weight = weights[static_cast<std::size_t>(c * reduction + r)];
      sum += weight;
      magnitude += std::abs(weight);
    }
    const std::int64_t bias = conv.continues != 0 ? 0 : int32_at(scratchpad, conv.bias_address + 4 * c);
    packed.initial[static_cast<std::size_t>(packed.position_of_channel[static_cast<std::size_t>(c)])] =
        static_cast<std::int32_t>(static_cast<std::uint32_t>(bias - offset * sum));
    const std::int64_t bound = std::abs(bias) + 128 * magnitude;
    packed.fits = packed.fits && bound <= limit;
    bounds.push_back(conv.continues != 0 ? kAnyAccumulator : std::min(bound, kAnyAccumulator));
  }
  return bounds;
}

void pack_scales(const isa::Conv& conv, const NpuConfig& config, const Kernels& kernels,
                 std::span<const std::uint8_t> scratchpad, const std::vector<std::int64_t>& bounds,
                 PackedConv& packed) {
  const bool has_bytes = isa::packed_scale_bytes(config.requantizer, conv.output_channels) > 0;
  packed.scales = isa::channel_scales(conv, config.requantizer,
                                      scratchpad.subspan(has_bytes ? static_cast<std::size_t>(conv.scale_address) : 0));
  if (!kernels.fuses) return;
  const auto positions = static_cast<std::size_t>(packed.positions);
  AlignedVector<std::int32_t> multipliers(positions), shifts(positions), pre_shifts(positions);
  AlignedVector<std::int64_t> addends(positions);
  for (std::size_t c = 0; c < packed.scales.size(); ++c) {
    const auto scale = high_word_scale(packed.scales[c], static_cast<std::int32_t>(conv.output_zero_point),
                                       config.requantizer.rounding, bounds[c]);
    if (!scale) return;
    const std::int64_t position = packed.position_of_channel[c];
    const std::int64_t lane = position % kernels.lanes;
    multipliers[static_cast<std::size_t>(position)] = scale->multiplier;
    shifts[static_cast<std::size_t>(position)] = scale->shift;
    pre_shifts[static_cast<std::size_t>(position)] = scale->pre_shift;
    addends[static_cast<std::size_t>(position - lane + lane / 2 + (lane % 2) * kernels.lanes / 2)] = scale->addend;
  }
  packed.multipliers = std::move(multipliers);
  packed.shifts = std::move(shifts);
  if (std::ranges::any_of(pre_shifts, [](std::int32_t shift) { return shift != 0; }))
    packed.pre_shifts = std::move(pre_shifts);
  packed.addends = std::move(addends);
}

}  // namespace

PackedConv pack_conv(const isa::Conv& conv, const NpuConfig& config, const Kernels& kernels,
                     std::span<const std::uint8_t> scratchpad) {
  PackedConv packed;
  const std::int64_t groups = conv.output_channels / conv.outputs_per_group;
  if (conv.inputs_per_group == 1 && groups > 1 && conv.outputs_per_group <= kMaxDepthwiseMultiplier)
    lay_out_depthwise(conv, kernels, packed);
  else
    lay_out_groups(conv, kernels, packed);
  const auto weights = isa::unpack_weights(conv, config.conv_core.mac_cols,
                                           scratchpad.subspan(static_cast<std::size_t>(conv.weight_address)));
  pack_weights(conv, kernels, weights, packed);
  const auto bounds = pack_initial(conv, config, kernels, scratchpad, weights, packed);
  if (conv.finishes != 0) pack_scales(conv, config, kernels, scratchpad, bounds, packed);
  return packed;
}

isa::Conv constants_key(const isa::Conv& conv) {
  isa::Conv key;
  key.output_channels = conv.output_channels;
  key.inputs_per_group = conv.inputs_per_group;
  key.outputs_per_group = conv.outputs_per_group;
  key.kernel_height = conv.kernel_height;
  key.kernel_width = conv.kernel_width;
  key.dilation_width = conv.dilation_width == 1 ? 1 : 2;
  key.weight_address = conv.weight_address;
  key.weight_bits = conv.weight_bits;
  key.bias_address = conv.bias_address;
  key.scale_address = conv.scale_address;
  key.multiplier = conv.multiplier;
  key.shift = conv.shift;
  key.output_zero_point = conv.output_zero_point;
  key.continues = conv.continues;
  key.finishes = conv.finishes;
  return key;
}

}  // namespace evenshift::sim

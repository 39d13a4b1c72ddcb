#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "arch/config/npu_config.h"
#include "arch/isa/commands.h"

/// How a conv command's weights and channel scales lie in memory; the compiler packs, the executors unpack.
///
/// Weights are in array order: a sequence of column blocks, each up to mac_cols consecutive output channels that the
/// array holds at a time. Within a block the weight of reduction index r and column j is field r · columns + j of a
/// bit stream of weight_bits-bit two's complement fields; r counts (ky, kx, i) with i (the input channel inside the
/// group) fastest. Each block is padded to a whole byte. Blocks do not cross a group, except in a depthwise command
/// (inputs_per_group = 1), whose blocks run over all output channels.
namespace evenshift::isa {

/// Consecutive output channels that are in the array together.
struct ColumnBlock {
  std::int64_t first_channel = 0;
  std::int64_t channels = 0;
  std::int64_t byte_offset = 0;  ///< of its packed weights from weight_address
  friend bool operator==(const ColumnBlock&, const ColumnBlock&) = default;
};

/// Reduction elements of one output channel: kernel_height · kernel_width · inputs_per_group.
constexpr std::int64_t reduction_size(const Conv& conv) {
  return conv.kernel_height * conv.kernel_width * conv.inputs_per_group;
}

/// Input channels that the channels of a block read together, in a depthwise command (inputs_per_group = 1).
constexpr std::int64_t input_channels_of(const Conv& conv, const ColumnBlock& block) {
  return (block.first_channel + block.channels - 1) / conv.outputs_per_group -
         block.first_channel / conv.outputs_per_group + 1;
}

/// The blocks of a command on a machine with `mac_cols` columns, in memory order.
std::vector<ColumnBlock> column_blocks(const Conv& conv, std::int64_t mac_cols);

/// Bytes of all packed weights of a command.
std::int64_t packed_weight_bytes(const Conv& conv, std::int64_t mac_cols);

/// Packs weights given as [output_channels][reduction_size], reduction order (ky, kx, i).
std::vector<std::uint8_t> pack_weights(const Conv& conv, std::int64_t mac_cols, std::span<const std::int8_t> weights);

/// Inverse of pack_weights.
std::vector<std::int8_t> unpack_weights(const Conv& conv, std::int64_t mac_cols, std::span<const std::uint8_t> packed);

/// Bytes of the packed channel scales of `channels` output channels: one bit stream, see scale_bits_per_channel.
std::int64_t packed_scale_bytes(const NpuConfig::Requantizer& requantizer, std::int64_t channels);

/// What one channel stores: k_c (layer_with_channel_shift), n_c (channel_shift_only), M_c and n_c
/// (channel_multiplier: M_c in the low multiplier_bits, n_c in the 6 above), nothing (layer).
struct ChannelScale {
  std::uint32_t multiplier = 0;
  std::int32_t shift = 0;
  friend bool operator==(const ChannelScale&, const ChannelScale&) = default;
};
std::vector<std::uint8_t> pack_scales(const NpuConfig::Requantizer& requantizer, std::span<const ChannelScale> scales);

/// The effective scale (M_c, n + k_c) of every output channel of a command, from its fields and its packed scales.
std::vector<FixedPointScale> channel_scales(const Conv& conv, const NpuConfig::Requantizer& requantizer,
                                            std::span<const std::uint8_t> packed);

}  // namespace evenshift::isa

#include "arch/isa/weight_layout.h"

#include <algorithm>

#include "arch/base/bit_stream.h"
#include "arch/base/check.h"

namespace evenshift::isa {

std::vector<ColumnBlock> column_blocks(const Conv& conv, std::int64_t mac_cols) {
  const std::int64_t span = conv.inputs_per_group == 1 ? conv.output_channels : conv.outputs_per_group;
  const std::int64_t reduction = reduction_size(conv);
  std::vector<ColumnBlock> blocks;
  std::int64_t offset = 0;
  for (std::int64_t group = 0; group < conv.output_channels; group += span) {
    for (std::int64_t first = 0; first < span; first += mac_cols) {
      const std::int64_t channels = std::min({mac_cols, span - first, conv.output_channels - group - first});
      blocks.push_back({group + first, channels, offset});
      offset += static_cast<std::int64_t>(
          packed_bytes(static_cast<std::uint64_t>(reduction * channels), static_cast<unsigned>(conv.weight_bits)));
    }
  }
  return blocks;
}

std::int64_t packed_weight_bytes(const Conv& conv, std::int64_t mac_cols) {
  const auto last = column_blocks(conv, mac_cols).back();
  return last.byte_offset +
         static_cast<std::int64_t>(packed_bytes(static_cast<std::uint64_t>(reduction_size(conv) * last.channels),
                                                static_cast<unsigned>(conv.weight_bits)));
}

std::vector<std::uint8_t> pack_weights(const Conv& conv, std::int64_t mac_cols, std::span<const std::int8_t> weights) {
  const std::int64_t reduction = reduction_size(conv);
  check_equal(static_cast<std::int64_t>(weights.size()), conv.output_channels * reduction, "weights to pack");
  std::vector<std::uint8_t> packed;
  for (const ColumnBlock& block : column_blocks(conv, mac_cols)) {
    BitWriter writer;
    for (std::int64_t r = 0; r < reduction; ++r)
      for (std::int64_t j = 0; j < block.channels; ++j)
        writer.put(
            static_cast<std::uint32_t>(weights[static_cast<std::size_t>((block.first_channel + j) * reduction + r)]),
            static_cast<unsigned>(conv.weight_bits));
    const auto bytes = writer.take();
    packed.insert(packed.end(), bytes.begin(), bytes.end());
  }
  return packed;
}

std::vector<std::int8_t> unpack_weights(const Conv& conv, std::int64_t mac_cols, std::span<const std::uint8_t> packed) {
  const std::int64_t reduction = reduction_size(conv);
  const auto bits = static_cast<unsigned>(conv.weight_bits);
  std::vector<std::int8_t> weights(static_cast<std::size_t>(conv.output_channels * reduction));
  for (const ColumnBlock& block : column_blocks(conv, mac_cols)) {
    const auto stream = packed.subspan(static_cast<std::size_t>(block.byte_offset));
    for (std::int64_t r = 0; r < reduction; ++r)
      for (std::int64_t j = 0; j < block.channels; ++j) {
        const auto index = static_cast<std::uint64_t>(r * block.channels + j);
        const std::uint32_t field = bits == 8 ? stream[index] : packed_field(stream, index, bits);
        weights[static_cast<std::size_t>((block.first_channel + j) * reduction + r)] =
            static_cast<std::int8_t>(sign_extend(field, bits));
      }
  }
  return weights;
}

std::int64_t packed_scale_bytes(const NpuConfig::Requantizer& requantizer, std::int64_t channels) {
  const int bits = scale_bits_per_channel(requantizer.requant_scale, static_cast<int>(requantizer.shift_bits),
                                          static_cast<int>(requantizer.multiplier_bits));
  return static_cast<std::int64_t>(packed_bytes(static_cast<std::uint64_t>(channels), static_cast<unsigned>(bits)));
}

std::vector<std::uint8_t> pack_scales(const NpuConfig::Requantizer& requantizer, std::span<const ChannelScale> scales) {
  BitWriter writer;
  for (const ChannelScale& scale : scales) {
    switch (requantizer.requant_scale) {
      case RequantScale::layer:
        break;
      case RequantScale::layer_with_channel_shift:
        if (requantizer.shift_bits > 0)
          writer.put(static_cast<std::uint32_t>(scale.shift), static_cast<unsigned>(requantizer.shift_bits));
        break;
      case RequantScale::channel_shift_only:
        writer.put(static_cast<std::uint32_t>(scale.shift), kChannelShiftOnlyBits);
        break;
      case RequantScale::channel_multiplier:
        writer.put(scale.multiplier, static_cast<unsigned>(requantizer.multiplier_bits));
        writer.put(static_cast<std::uint32_t>(scale.shift), kChannelMultiplierShiftBits);
        break;
    }
  }
  return writer.take();
}

std::vector<FixedPointScale> channel_scales(const Conv& conv, const NpuConfig::Requantizer& requantizer,
                                            std::span<const std::uint8_t> packed) {
  const auto shift_bits = static_cast<unsigned>(requantizer.shift_bits);
  const auto multiplier_bits = static_cast<unsigned>(requantizer.multiplier_bits);
  const FixedPointScale layer{static_cast<std::uint32_t>(conv.multiplier), static_cast<int>(conv.shift)};
  std::vector<FixedPointScale> scales(static_cast<std::size_t>(conv.output_channels), layer);
  for (std::size_t c = 0; c < scales.size(); ++c) {
    switch (requantizer.requant_scale) {
      case RequantScale::layer:
        break;
      case RequantScale::layer_with_channel_shift:
        if (shift_bits > 0)
          scales[c].shift = total_shift(layer.shift, static_cast<int>(packed_field(packed, c, shift_bits)));
        break;
      case RequantScale::channel_shift_only:
        scales[c] = {1, static_cast<int>(packed_field(packed, c, kChannelShiftOnlyBits))};
        break;
      case RequantScale::channel_multiplier: {
        // One field of more than 32 bits: read it bit by bit.
        const std::uint64_t first = c * (multiplier_bits + kChannelMultiplierShiftBits);
        std::uint64_t field = 0;
        for (unsigned i = 0; i < multiplier_bits + kChannelMultiplierShiftBits; ++i)
          field |= static_cast<std::uint64_t>((packed[(first + i) / 8] >> ((first + i) % 8)) & 1) << i;
        scales[c] = {static_cast<std::uint32_t>(field & ((std::uint64_t{1} << multiplier_bits) - 1)),
                     static_cast<int>(field >> multiplier_bits)};
        break;
      }
    }
  }
  return scales;
}

}  // namespace evenshift::isa

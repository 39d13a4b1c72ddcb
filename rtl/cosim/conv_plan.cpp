#include "rtl/cosim/conv_plan.h"

#include <algorithm>

#include "arch/base/bit_stream.h"

namespace evenshift::rtl {
namespace {

std::vector<Pass> depthwise_passes(const isa::Conv& conv, std::int64_t mac_rows) {
  const std::int64_t taps = conv.kernel_height * conv.kernel_width;
  std::vector<Pass> passes;
  for (std::int64_t tap = 0; tap < taps; tap += mac_rows)
    passes.push_back({.first_reduction = tap, .rows = std::min(mac_rows, taps - tap)});
  return passes;
}

std::vector<Pass> dense_passes(const isa::Conv& conv, std::int64_t mac_rows, bool touching) {
  const std::int64_t run = conv.inputs_per_group * (touching ? conv.kernel_width : 1);
  const std::int64_t runs_per_row = touching ? 1 : conv.kernel_width;
  std::vector<Pass> passes;
  for (std::int64_t ky = 0; ky < conv.kernel_height; ++ky)
    for (std::int64_t kx = 0; kx < runs_per_row; ++kx)
      for (std::int64_t byte = 0; byte < run; byte += mac_rows)
        passes.push_back({.first_reduction = (ky * runs_per_row + kx) * run + byte,
                          .rows = std::min(mac_rows, run - byte),
                          .kernel_y = ky,
                          .kernel_x = kx,
                          .byte_in_run = byte});
  return passes;
}

/// A depthwise position needs new columns of all its taps' rows, the others one run of mac_rows bytes.
std::int64_t position_cycles(const isa::Conv& conv, const NpuConfig& config, std::int64_t channels) {
  const std::int64_t rows = config.conv_core.mac_rows;
  const std::int64_t bandwidth = config.scratchpad.banks * config.scratchpad.bytes_per_bank_per_cycle;
  const std::int64_t operand_bytes =
      conv.inputs_per_group == 1
          ? std::min(conv.kernel_height, rows) * std::min(conv.stride_width, conv.kernel_width) * channels
          : std::min(rows, isa::reduction_size(conv));
  return std::max<std::int64_t>(1, (operand_bytes + bandwidth - 1) / bandwidth);
}

}  // namespace

ConvPlan::ConvPlan(const isa::Conv& conv, const NpuConfig& config) {
  const auto& core = config.conv_core;
  depthwise = conv.inputs_per_group == 1;
  touching = !depthwise && conv.dilation_width == 1 && conv.input_pixel_stride == conv.inputs_per_group;
  passes = depthwise ? depthwise_passes(conv, core.mac_rows) : dense_passes(conv, core.mac_rows, touching);
  blocks = isa::column_blocks(conv, core.mac_cols);

  // Where the accumulators of all blocks fit at once, each has its own entries, so that a following command can go on
  // from them; otherwise every tile begins at entry 0 of its bank.
  const std::int64_t positions = conv.output_height * conv.output_width;
  const bool kept = positions * static_cast<std::int64_t>(blocks.size()) <= core.accumulator_entries;
  bool bank = false;
  for (std::size_t block = 0; block < blocks.size(); ++block) {
    const std::int64_t entry = kept ? static_cast<std::int64_t>(block / 2) * positions : 0;
    const std::int64_t cycles = position_cycles(conv, config, blocks[block].channels);
    for (std::int64_t first = 0; first < positions; first += core.accumulator_entries) {
      tiles.push_back({block, first, std::min(core.accumulator_entries, positions - first), bank, entry, cycles});
      bank = !bank;
    }
  }
}

std::vector<std::int8_t> block_weights(const isa::Conv& conv, const isa::ColumnBlock& block,
                                       std::span<const std::uint8_t> packed) {
  const auto bits = static_cast<unsigned>(conv.weight_bits);
  const auto stream = packed.subspan(static_cast<std::size_t>(block.byte_offset));
  std::vector<std::int8_t> weights(static_cast<std::size_t>(isa::reduction_size(conv) * block.channels));
  for (std::size_t i = 0; i < weights.size(); ++i)
    weights[i] = static_cast<std::int8_t>(bits == 8 ? stream[i] : sign_extend(packed_field(stream, i, bits), bits));
  return weights;
}

}  // namespace evenshift::rtl

#include "rtl/cosim/conv_plan.h"

#include <algorithm>

#include "arch/base/bit_stream.h"

namespace evenshift::rtl {
namespace {

/// Cycles in which the scratchpad delivers `bytes`.
std::int64_t read_cycles(std::int64_t bytes, const NpuConfig& config) {
  const std::int64_t bandwidth = config.scratchpad.banks * config.scratchpad.bytes_per_bank_per_cycle;
  return std::max<std::int64_t>(1, (bytes + bandwidth - 1) / bandwidth);
}

std::vector<Pass> depthwise_passes(const isa::Conv& conv, const isa::ColumnBlock& block, const NpuConfig& config) {
  const std::int64_t mac_rows = config.conv_core.mac_rows;
  const std::int64_t most_width = std::min(conv.kernel_width, mac_rows);
  const std::int64_t most_height = std::max<std::int64_t>(1, mac_rows / conv.kernel_width);
  const std::int64_t pixel_bytes = isa::input_channels_of(conv, block);
  std::vector<Pass> passes;
  for (std::int64_t ky = 0; ky < conv.kernel_height; ky += most_height) {
    const std::int64_t height = std::min(most_height, conv.kernel_height - ky);
    for (std::int64_t kx = 0; kx < conv.kernel_width; kx += most_width) {
      const std::int64_t width = std::min(most_width, conv.kernel_width - kx);
      // A position keeps the columns of the window that it shares with the one before.
      const std::int64_t new_width = conv.dilation_width == 1 ? std::min(conv.stride_width, width) : width;
      passes.push_back({.first_reduction = ky * conv.kernel_width + kx,
                        .rows = height * width,
                        .kernel_y = ky,
                        .kernel_x = kx,
                        .row_start_cycles = read_cycles(height * width * pixel_bytes, config),
                        .next_position_cycles = read_cycles(height * new_width * pixel_bytes, config)});
    }
  }
  return passes;
}

std::vector<Pass> dense_passes(const isa::Conv& conv, const NpuConfig& config, bool touching) {
  const std::int64_t run = conv.inputs_per_group * (touching ? conv.kernel_width : 1);
  const std::int64_t runs_per_row = touching ? 1 : conv.kernel_width;
  std::vector<Pass> passes;
  for (std::int64_t ky = 0; ky < conv.kernel_height; ++ky)
    for (std::int64_t kx = 0; kx < runs_per_row; ++kx)
      for (std::int64_t byte = 0; byte < run; byte += config.conv_core.mac_rows) {
        const std::int64_t rows = std::min(config.conv_core.mac_rows, run - byte);
        passes.push_back({.first_reduction = (ky * runs_per_row + kx) * run + byte,
                          .rows = rows,
                          .kernel_y = ky,
                          .kernel_x = kx,
                          .byte_in_run = byte,
                          .row_start_cycles = read_cycles(rows, config),
                          .next_position_cycles = read_cycles(rows, config)});
      }
  return passes;
}

}  // namespace

ConvPlan::ConvPlan(const isa::Conv& conv, const NpuConfig& config) {
  const auto& core = config.conv_core;
  depthwise = conv.inputs_per_group == 1;
  touching = !depthwise && conv.dilation_width == 1 && conv.input_pixel_stride == conv.inputs_per_group;
  blocks = isa::column_blocks(conv, core.mac_cols);
  for (const isa::ColumnBlock& block : blocks)
    passes.push_back(depthwise ? depthwise_passes(conv, block, config) : dense_passes(conv, config, touching));

  // Where the accumulators of all blocks fit at once, each has its own entries, so that a following command can go on
  // from them; otherwise every tile begins at entry 0 of its bank.
  const std::int64_t positions = conv.output_height * conv.output_width;
  const bool kept = positions * static_cast<std::int64_t>(blocks.size()) <= core.accumulator_entries;
  bool bank = false;
  for (std::size_t block = 0; block < blocks.size(); ++block) {
    const std::int64_t entry = kept ? static_cast<std::int64_t>(block / 2) * positions : 0;
    for (std::int64_t first = 0; first < positions; first += core.accumulator_entries) {
      tiles.push_back({block, first, std::min(core.accumulator_entries, positions - first), bank, entry});
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

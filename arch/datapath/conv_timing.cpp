#include "arch/datapath/conv_timing.h"

#include <algorithm>

#include "arch/base/ceil_divide.h"

namespace evenshift::datapath {
namespace {

/// The part of a column block's reduction that the array holds at a time.
struct Pass {
  std::int64_t rows = 0;                  ///< array rows that have weights: reduction elements
  std::int64_t row_start_cycles = 1;      ///< first position of an output row or of a stripe
  std::int64_t next_position_cycles = 1;  ///< every other position
};

/// Cycles in which the scratchpad delivers the operands of a position.
std::int64_t operand_cycles(std::int64_t bytes, const NpuConfig& config) {
  return std::max<std::int64_t>(
      1, ceil_divide(bytes, config.scratchpad.banks * config.scratchpad.bytes_per_bank_per_cycle));
}

/// Inputs broadcast along the rows: a pass is up to mac_rows consecutive bytes of a run.
std::vector<Pass> broadcast_passes(const isa::Conv& conv, const NpuConfig& config) {
  const bool touching = conv.dilation_width == 1 && conv.input_pixel_stride == conv.inputs_per_group;
  const std::int64_t run = conv.inputs_per_group * (touching ? conv.kernel_width : 1);
  const std::int64_t runs = conv.kernel_height * (touching ? 1 : conv.kernel_width);
  std::vector<Pass> passes;
  for (std::int64_t r = 0; r < runs; ++r)
    for (std::int64_t first = 0; first < run; first += config.conv_core.mac_rows) {
      const std::int64_t rows = std::min(config.conv_core.mac_rows, run - first);
      passes.push_back({rows, operand_cycles(rows, config), operand_cycles(rows, config)});
    }
  return passes;
}

/// Every column has its own input channel, rows are taps: a pass is as many whole kernel rows as fit, or, where not one
/// fits, up to mac_rows taps of one. A position keeps the columns of the window that it shares with the one before.
std::vector<Pass> depthwise_passes(const isa::Conv& conv, const isa::ColumnBlock& block, const NpuConfig& config) {
  const std::int64_t mac_rows = config.conv_core.mac_rows;
  const std::int64_t width_step = std::min(conv.kernel_width, mac_rows);
  const std::int64_t height_step = std::max<std::int64_t>(1, mac_rows / conv.kernel_width);
  const std::int64_t pixel_bytes = isa::input_channels_of(conv, block);
  std::vector<Pass> passes;
  for (std::int64_t ky = 0; ky < conv.kernel_height; ky += height_step)
    for (std::int64_t kx = 0; kx < conv.kernel_width; kx += width_step) {
      const std::int64_t height = std::min(height_step, conv.kernel_height - ky);
      const std::int64_t width = std::min(width_step, conv.kernel_width - kx);
      const std::int64_t new_width = conv.dilation_width == 1 ? std::min(conv.stride_width, width) : width;
      passes.push_back({height * width, operand_cycles(height * width * pixel_bytes, config),
                        operand_cycles(height * new_width * pixel_bytes, config)});
    }
  return passes;
}

std::vector<Pass> passes_of_block(const isa::Conv& conv, const isa::ColumnBlock& block, const NpuConfig& config) {
  return conv.inputs_per_group == 1 ? depthwise_passes(conv, block, config) : broadcast_passes(conv, config);
}

/// The clocks of the core while it walks through the passes of a command; all start at 0, the command's start.
class Timeline {
 public:
  explicit Timeline(ConvActivity& activity) : activity_(activity) {}

  /// The array streams a pass. Its weights load, a row a cycle, from the moment at which the array took those of the
  /// pass before.
  void pass(std::int64_t load_cycles, std::int64_t stream_cycles, bool begins_stripe) {
    const std::int64_t loaded = std::max(array_end_, array_begin_ + load_cycles);
    activity_.weight_stall_cycles += loaded - array_end_;
    array_begin_ = begins_stripe ? std::max(loaded, other_bank_drained_) : loaded;
    activity_.requant_stall_cycles += array_begin_ - loaded;
    array_end_ = array_begin_ + stream_cycles;
  }

  /// The stripe's accumulators go through the requantizer while the array fills the other bank.
  void drain(std::int64_t cycles) {
    other_bank_drained_ = drained_;
    drained_ = std::max(array_end_, drained_) + cycles;
  }

  void finish(std::int64_t pipeline_cycles) {
    const std::int64_t end = std::max(array_end_, drained_);
    activity_.requant_stall_cycles += end - array_end_;
    activity_.cycles = end + pipeline_cycles;
  }

 private:
  ConvActivity& activity_;
  std::int64_t array_begin_ = 0;
  std::int64_t array_end_ = 0;
  std::int64_t drained_ = 0;
  std::int64_t other_bank_drained_ = 0;
};

}  // namespace

ConvActivity conv_timing(const isa::Conv& conv, const NpuConfig& config) {
  const auto& core = config.conv_core;
  const std::int64_t positions = conv.output_height * conv.output_width;
  ConvActivity activity;
  activity.macs = positions * conv.output_channels * isa::reduction_size(conv);
  Timeline timeline(activity);
  for (const isa::ColumnBlock& block : isa::column_blocks(conv, core.mac_cols)) {
    const std::vector<Pass> passes = passes_of_block(conv, block, config);
    for (std::int64_t start = 0; start < positions; start += core.accumulator_entries) {
      const std::int64_t end = std::min(start + core.accumulator_entries, positions);
      const std::int64_t row_starts = (end - 1) / conv.output_width - start / conv.output_width + 1;
      for (std::size_t p = 0; p < passes.size(); ++p) {
        const std::int64_t parameters = start == 0 && p == 0 ? kParameterCycles : 0;
        const std::int64_t stream =
            row_starts * passes[p].row_start_cycles + (end - start - row_starts) * passes[p].next_position_cycles;
        timeline.pass(parameters + passes[p].rows, stream, p == 0);
      }
      if (conv.finishes != 0) timeline.drain((end - start) * ceil_divide(block.channels, core.requant_lanes));
    }
  }
  timeline.finish(core.pipeline_cycles);
  return activity;
}

std::int64_t passes_of(const isa::Conv& conv, const isa::ColumnBlock& block, const NpuConfig& config) {
  return static_cast<std::int64_t>(passes_of_block(conv, block, config).size());
}

}  // namespace evenshift::datapath

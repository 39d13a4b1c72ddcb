#include "arch/datapath/conv_timing.h"

#include <algorithm>

#include "arch/isa/weight_layout.h"

namespace evenshift::datapath {
namespace {

constexpr std::int64_t ceil_divide(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// Rows of the array that a pass fills, one entry a pass: the reduction of a column block cut into passes.
struct Passes {
  std::int64_t full = 0;      ///< passes of mac_rows rows
  std::int64_t partial = 0;   ///< passes of partial_rows rows
  std::int64_t partial_rows = 0;
};

/// A run is what the core reads as one contiguous row of bytes: a whole kernel row where its pixels touch, else a tap.
Passes passes_of(const isa::Conv& conv, std::int64_t mac_rows) {
  if (conv.inputs_per_group == 1) {
    const std::int64_t taps = conv.kernel_height * conv.kernel_width;
    return {taps / mac_rows, taps % mac_rows != 0, taps % mac_rows};
  }
  const bool touching = conv.dilation_width == 1 && conv.input_pixel_stride == conv.inputs_per_group;
  const std::int64_t run = conv.inputs_per_group * (touching ? conv.kernel_width : 1);
  const std::int64_t runs = conv.kernel_height * (touching ? 1 : conv.kernel_width);
  return {runs * (run / mac_rows), run % mac_rows != 0 ? runs : 0, run % mac_rows};
}

}  // namespace

ConvActivity conv_timing(const isa::Conv& conv, const NpuConfig& config) {
  const auto& core = config.conv_core;
  const std::int64_t bandwidth = config.scratchpad.banks * config.scratchpad.bytes_per_bank_per_cycle;
  const std::int64_t positions = conv.output_height * conv.output_width;
  const Passes passes = passes_of(conv, core.mac_rows);
  ConvActivity activity;
  activity.macs = positions * conv.output_channels * isa::reduction_size(conv);
  std::int64_t drain = 0;
  bool first = true;
  for (const isa::ColumnBlock& block : isa::column_blocks(conv, core.mac_cols)) {
    // One position a cycle, unless the scratchpad cannot deliver its operands: a depthwise position needs new columns
    // of all its taps' rows, the others one run of mac_rows bytes.
    const std::int64_t operand_bytes =
        conv.inputs_per_group == 1
            ? std::min(conv.kernel_height, core.mac_rows) * std::min(conv.stride_width, conv.kernel_width) * block.channels
            : std::min(core.mac_rows, isa::reduction_size(conv));
    const std::int64_t position_cycles = std::max<std::int64_t>(1, ceil_divide(operand_bytes, bandwidth));
    for (std::int64_t start = 0; start < positions; start += core.accumulator_entries) {
      const std::int64_t stripe = std::min(core.accumulator_entries, positions - start);
      const std::int64_t stream = stripe * position_cycles;
      // The next pass's weights, a row a cycle, load behind the stream of this one; the very first have nothing to hide
      // behind.
      const std::int64_t full = std::max(stream, core.mac_rows);
      const std::int64_t partial = std::max(stream, passes.partial_rows);
      std::int64_t array = passes.full * full + passes.partial * partial;
      activity.weight_stall_cycles += array - (passes.full + passes.partial) * stream;
      if (first) {
        const std::int64_t fill = passes.full > 0 ? core.mac_rows : passes.partial_rows;
        array += fill;
        activity.weight_stall_cycles += fill;
        first = false;
      }
      // The stripe before this one is requantized from the other accumulator bank meanwhile.
      activity.cycles += std::max(array, drain);
      activity.requant_stall_cycles += std::max<std::int64_t>(0, drain - array);
      drain = conv.finishes != 0 ? ceil_divide(stripe * block.channels, core.requant_lanes) : 0;
    }
  }
  activity.cycles += drain + core.pipeline_cycles;
  activity.requant_stall_cycles += drain;
  return activity;
}

}  // namespace evenshift::datapath

#include "arch/datapath/traffic.h"

#include <algorithm>

#include "arch/base/ceil_divide.h"
#include "arch/datapath/vector_work.h"
#include "arch/isa/weight_layout.h"

namespace evenshift::datapath {
namespace {

std::int64_t conv_traffic(const isa::Conv& conv, const NpuConfig& config) {
  const auto& core = config.conv_core;
  const std::int64_t positions = conv.output_height * conv.output_width;
  const std::int64_t stripes = ceil_divide(positions, core.accumulator_entries);
  const std::int64_t new_columns =
      conv.dilation_width == 1 ? std::min(conv.stride_width, conv.kernel_width) : conv.kernel_width;
  std::int64_t operands = 0;
  for (const isa::ColumnBlock& block : isa::column_blocks(conv, core.mac_cols))
    operands += conv.inputs_per_group == 1 ? conv.kernel_height * new_columns * isa::input_channels_of(conv, block)
                                           : isa::reduction_size(conv);
  return positions * operands + isa::packed_weight_bytes(conv, core.mac_cols) * stripes +
         (conv.continues == 0 ? 4 * conv.output_channels : 0) +
         (conv.finishes != 0 ? positions * conv.output_channels : 0);
}

}  // namespace

std::int64_t scratchpad_traffic(const isa::Operation& operation, const NpuConfig& config) {
  return std::visit(
      [&](const auto& op) -> std::int64_t {
        using Op = std::decay_t<decltype(op)>;
        if constexpr (std::is_same_v<Op, isa::Conv>)
          return conv_traffic(op, config);
        else if constexpr (kIsVector<Op>)
          return work_of(op) * operands_of(op) + outputs_of(op);
        else
          return 0;
      },
      operation);
}

}  // namespace evenshift::datapath

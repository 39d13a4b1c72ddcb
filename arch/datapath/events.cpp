#include "arch/datapath/events.h"

#include "arch/datapath/conv_timing.h"
#include "arch/datapath/traffic.h"
#include "arch/datapath/vector_work.h"
#include "arch/isa/weight_layout.h"

namespace evenshift::datapath {
namespace {

void count(const isa::Conv& conv, const NpuConfig& config, Events& events) {
  const std::int64_t positions = conv.output_height * conv.output_width;
  for (const isa::ColumnBlock& block : isa::column_blocks(conv, config.conv_core.mac_cols))
    events.accumulator_updates += positions * passes_of(conv, block, config) * block.channels;
  if (conv.finishes != 0) events.requantized_outputs = positions * conv.output_channels;
}

}  // namespace

Events events_of(const isa::Operation& operation, const NpuConfig& config) {
  Events events;
  events.scratchpad_bytes = scratchpad_traffic(operation, config);
  std::visit(
      [&](const auto& op) {
        using Op = std::decay_t<decltype(op)>;
        if constexpr (std::is_same_v<Op, isa::Conv>)
          count(op, config, events);
        else if constexpr (kIsVector<Op>)
          events.vector_elements = work_of(op);
      },
      operation);
  return events;
}

}  // namespace evenshift::datapath

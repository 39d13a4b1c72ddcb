#include "sim/systemc/compute_unit.h"

#include "arch/datapath/events.h"

namespace evenshift::sim::systemc {

std::int64_t ComputeUnit::start(const isa::Command& command) {
  writes_.begin(command.operation, run_.config(), scratchpad_.bytes());
  const auto* conv = std::get_if<isa::Conv>(&command.operation);
  const std::int64_t duration = conv != nullptr ? run_conv(*conv) : run_vector(command.operation);
  writes_.withdraw(scratchpad_.bytes());
  const datapath::Events events = datapath::events_of(command.operation, run_.config());
  scratchpad_.set_compute_traffic(events.scratchpad_bytes, duration);
  LayerStatistics& layer = run_.layer_of(current());
  layer.accumulator_updates += events.accumulator_updates;
  layer.requantized_outputs += events.requantized_outputs;
  layer.vector_elements += events.vector_elements;
  layer.scratchpad_bytes += events.scratchpad_bytes;
  return run_.now() + duration;
}

std::optional<std::int64_t> ComputeUnit::advance(const isa::Command&) {
  writes_.commit(scratchpad_.bytes());
  scratchpad_.set_compute_traffic(0, 0);
  return std::nullopt;
}

std::int64_t ComputeUnit::run_conv(const isa::Conv& conv) {
  datapath::AccumulatorObserver observer;
  if (const auto& accumulator = run_.job().observer.accumulator)
    observer = [&accumulator, command = current()](std::int64_t y, std::int64_t x, std::int64_t c, std::int32_t value) {
      accumulator(command, y, x, c, value);
    };
  const datapath::ConvActivity activity = run_.job().conv_core.execute(conv, scratchpad_.bytes(), observer);

  ComputeStatistics& compute = run_.statistics().compute;
  ++compute.conv_commands;
  compute.conv_cycles += activity.cycles;
  compute.weight_stall_cycles += activity.weight_stall_cycles;
  compute.requant_stall_cycles += activity.requant_stall_cycles;
  compute.macs += activity.macs;
  compute.conv_clamped_low += activity.clamped_low;
  compute.conv_clamped_high += activity.clamped_high;
  LayerStatistics& layer = run_.layer_of(current());
  layer.macs += activity.macs;
  layer.conv_core_cycles += activity.cycles;
  layer.clamped_low += activity.clamped_low;
  layer.clamped_high += activity.clamped_high;
  return activity.cycles;
}

std::int64_t ComputeUnit::run_vector(const isa::Operation& operation) {
  if (std::holds_alternative<isa::Sync>(operation)) return 0;
  const datapath::VectorActivity activity = run_.job().vector_unit.execute(operation, scratchpad_.bytes());

  ComputeStatistics& compute = run_.statistics().compute;
  ++compute.vector_commands;
  compute.vector_cycles += activity.cycles;
  compute.vector_elements += activity.elements;
  compute.vector_clamped_low += activity.clamped_low;
  compute.vector_clamped_high += activity.clamped_high;
  LayerStatistics& layer = run_.layer_of(current());
  layer.vector_unit_cycles += activity.cycles;
  layer.clamped_low += activity.clamped_low;
  layer.clamped_high += activity.clamped_high;
  return activity.cycles;
}

}  // namespace evenshift::sim::systemc

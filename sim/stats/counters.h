#pragma once

#include "sim/stats/run_statistics.h"

namespace evenshift::sim {

/// Calls visitor(key, value, sentence) for every counter of a layer, in the order of the reports.
template <typename Visitor>
void visit_counters(const LayerStatistics& layer, Visitor&& visitor) {
  visitor("commands", layer.commands, "commands of the layer");
  visitor("start_cycle", layer.start_cycle, "start of its first command");
  visitor("end_cycle", layer.end_cycle, "end of its last command");
  visitor("cycles", layer.cycles, "its share of total_cycles");
  visitor("macs", layer.macs, "multiply-accumulates, padding included");
  visitor("utilization", layer.utilization, "macs / (cycles x mac_rows x mac_cols)");
  visitor("dram_read_bytes", layer.dram_read_bytes, "bytes loaded");
  visitor("dram_written_bytes", layer.dram_written_bytes, "bytes stored");
  visitor("scratchpad_bytes", layer.scratchpad_bytes, "bytes read from and written to the scratchpad");
  visitor("accumulator_updates", layer.accumulator_updates, "accumulators read and written");
  visitor("requantized_outputs", layer.requantized_outputs, "outputs of the requantizer");
  visitor("vector_elements", layer.vector_elements, "elements (pooling: taps) of the vector unit");
  visitor("conv_core_cycles", layer.conv_core_cycles, "cycles of its conv commands");
  visitor("vector_unit_cycles", layer.vector_unit_cycles, "cycles of its vector commands");
  visitor("clamped_low_outputs", layer.clamped_low, "outputs that a clamp raised");
  visitor("clamped_high_outputs", layer.clamped_high, "outputs that a clamp lowered");
}

template <typename Visitor>
void visit_counters(const UnitTime& time, isa::Unit unit, Visitor&& visitor) {
  visitor("commands", time.commands, "commands executed");
  visitor("busy_cycles", time.busy_cycles, "executing a command");
  visitor("stalled_empty_queue_cycles", time.stalled_empty_queue_cycles, "no command has been fetched");
  for (int i = 0; i < 2; ++i)
    visitor(std::string("stalled_token_from_") + name_of(isa::other_unit(unit, i)) + "_cycles",
            time.stalled_token_cycles[static_cast<std::size_t>(i)], "a command waits for a token");
  visitor("finished_cycles", time.finished_cycles, "after the last command");
}

template <typename Visitor>
void visit_counters(const FetchStatistics& fetch, Visitor&& visitor) {
  visitor("commands", fetch.commands, "commands fetched");
  visitor("busy_cycles", fetch.busy_cycles, "fetching and decoding");
  for (const isa::Unit unit : {isa::Unit::load, isa::Unit::compute, isa::Unit::store})
    visitor(std::string("stalled_full_") + name_of(unit) + "_queue_cycles",
            fetch.stalled_full_queue_cycles[static_cast<std::size_t>(unit)], "the queue had no room");
  visitor("finished_cycles", fetch.finished_cycles, "after the last command");
}

template <typename Visitor>
void visit_counters(const DmaStatistics& dma, isa::Unit unit, Visitor&& visitor) {
  visit_counters(dma.time, unit, visitor);
  visitor("bytes", dma.bytes, "bytes moved");
  visitor("bursts", dma.bursts, "bursts on the bus");
  visitor("setup_cycles", dma.setup_cycles, "of busy_cycles: before the first burst of each command");
  visitor("transfer_cycles", dma.transfer_cycles, "of busy_cycles: moving bytes");
  visitor("conflict_cycles", dma.conflict_cycles, "of busy_cycles: the compute unit used the scratchpad");
  visitor("dram_wait_cycles", dma.dram_wait_cycles, "of busy_cycles: latency and bandwidth of the DRAM");
}

template <typename Visitor>
void visit_counters(const ComputeStatistics& compute, Visitor&& visitor) {
  visit_counters(compute.time, isa::Unit::compute, visitor);
  visitor("macs", compute.macs, "multiply-accumulates, padding included");
  visitor("conv_commands", compute.conv_commands, "commands of the conv core");
  visitor("conv_cycles", compute.conv_cycles, "of busy_cycles: conv core");
  visitor("weight_stall_cycles", compute.weight_stall_cycles, "of conv_cycles: the array waits for weights");
  visitor("requant_stall_cycles", compute.requant_stall_cycles, "of conv_cycles: the array waits for the requantizer");
  visitor("conv_clamped_low_outputs", compute.conv_clamped_low, "outputs that the requantizer's clamp raised");
  visitor("conv_clamped_high_outputs", compute.conv_clamped_high, "outputs that the requantizer's clamp lowered");
  visitor("vector_commands", compute.vector_commands, "commands of the vector unit");
  visitor("vector_cycles", compute.vector_cycles, "of busy_cycles: vector unit");
  visitor("vector_outputs", compute.vector_elements, "outputs of the vector unit");
  visitor("vector_clamped_low_outputs", compute.vector_clamped_low, "outputs that the vector unit's clamp raised");
  visitor("vector_clamped_high_outputs", compute.vector_clamped_high, "outputs that the vector unit's clamp lowered");
}

template <typename Visitor>
void visit_counters(const DramStatistics& dram, Visitor&& visitor) {
  visitor("read_bytes", dram.read_bytes, "bytes read");
  visitor("written_bytes", dram.written_bytes, "bytes written");
  visitor("busy_cycles", dram.busy_cycles, "its bandwidth was in use");
  visitor("arbitration_cycles", dram.arbitration_cycles, "sum over bursts: waited for the one before");
  visitor("row_wait_cycles", dram.row_wait_cycles, "sum over bursts: waited longer, for rows to be opened");
  visitor("row_hits", dram.row_hits, "sum over bursts: rows that were open");
  visitor("row_misses", dram.row_misses, "sum over bursts: rows that were not");
}

template <typename Visitor>
void visit_counters(const ScratchpadStatistics& scratchpad, Visitor&& visitor) {
  visitor("compute_bytes", scratchpad.compute_bytes, "read and written by the compute unit");
  visitor("dma_bytes", scratchpad.dma_bytes, "read and written by load and store");
}

/// Calls visitor(unit name, visit) for every unit; visit(counter visitor) visits its counters.
template <typename Visitor>
void visit_units(const RunStatistics& statistics, Visitor&& visitor) {
  visitor("fetch", [&](auto&& counter) { visit_counters(statistics.fetch, counter); });
  visitor("load", [&](auto&& counter) { visit_counters(statistics.load, isa::Unit::load, counter); });
  visitor("compute", [&](auto&& counter) { visit_counters(statistics.compute, counter); });
  visitor("store", [&](auto&& counter) { visit_counters(statistics.store, isa::Unit::store, counter); });
  visitor("dram", [&](auto&& counter) { visit_counters(statistics.dram, counter); });
  visitor("scratchpad", [&](auto&& counter) { visit_counters(statistics.scratchpad, counter); });
}

}  // namespace evenshift::sim

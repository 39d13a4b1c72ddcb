#include "sim/systemc/run.h"

#include <algorithm>
#include <utility>

namespace evenshift::sim::systemc {

void Run::begin(const Job& job, RunStatistics& statistics) {
  job_ = &job;
  statistics_ = &statistics;
  failure_ = nullptr;
  origin_ = sc_core::sc_time_stamp().value();
  last_stores_ = last_store_of_layers(job.image);
  const NpuConfig& config = job.image.config;
  statistics = {};
  statistics.machine = config.name;
  statistics.clock_mhz = config.clock_mhz;
  statistics.mac_rows = config.conv_core.mac_rows;
  statistics.mac_cols = config.conv_core.mac_cols;
  for (const image::Layer& layer : job.image.layers) {
    auto& entry = statistics.layers.emplace_back();
    entry.name = layer.name;
    entry.kind = layer.kind;
  }
}

void Run::fail_with(std::exception_ptr failure) {
  failure_ = std::move(failure);
  end();
}

LayerStatistics& Run::layer_of(std::int64_t index) {
  return statistics_->layers[static_cast<std::size_t>(command(index).layer)];
}

bool Run::is_last_store_of_its_layer(std::int64_t index) const {
  return last_stores_[static_cast<std::size_t>(command(index).layer)] == index;
}

std::int64_t Run::now() const { return static_cast<std::int64_t>(sc_core::sc_time_stamp().value() - origin_); }

void Run::record(isa::Unit unit, std::int64_t index, std::int64_t start) {
  LayerStatistics& layer = layer_of(index);
  if (layer.commands++ == 0 || start < layer.start_cycle) layer.start_cycle = start;
  layer.end_cycle = std::max(layer.end_cycle, now());
  statistics_->total_cycles = std::max(statistics_->total_cycles, now());
  if (job_->record_intervals) statistics_->intervals.push_back({unit, index, start, now()});
}

void Run::summarize() {
  std::int64_t previous_end = 0;
  for (LayerStatistics& layer : statistics_->layers) {
    layer.end_cycle = std::max(layer.end_cycle, previous_end);
    if (layer.commands == 0) layer.start_cycle = previous_end;
    layer.cycles = layer.end_cycle - previous_end;
    previous_end = layer.end_cycle;
    if (layer.cycles > 0)
      layer.utilization =
          static_cast<double>(layer.macs) /
          (static_cast<double>(layer.cycles) * static_cast<double>(statistics_->mac_rows * statistics_->mac_cols));
  }
}

}  // namespace evenshift::sim::systemc

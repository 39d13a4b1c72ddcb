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
  compute_spans_.assign(job.image.layers.size(), {});
  statistics = {};
  statistics.config = job.image.config;
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
  if (unit == isa::Unit::compute) {
    ComputeSpan& span = compute_spans_[static_cast<std::size_t>(command(index).layer)];
    if (span.start < 0) span.start = start;
    span.end = now();
  }
  statistics_->total_cycles = std::max(statistics_->total_cycles, now());
  if (job_->record_intervals) statistics_->intervals.push_back({unit, index, start, now()});
}

void Run::record_fetch(const FetchInterval& fetch) {
  if (job_->record_intervals) statistics_->fetches.push_back(fetch);
}

void Run::record_token(std::int64_t from_command, std::int64_t to_command) {
  if (job_->record_intervals) statistics_->tokens.push_back({from_command, to_command});
}

void Run::record_transfer(const DramTransfer& transfer) {
  if (job_->record_intervals) statistics_->transfers.push_back(transfer);
}

void Run::summarize() {
  auto& layers = statistics_->layers;
  // Where each layer's share of the total ends: see docs/timing.md, "What the reports say".
  std::vector<std::int64_t> boundaries(layers.size());
  std::int64_t next_compute_start = statistics_->total_cycles;
  for (std::size_t i = layers.size(); i-- > 0;) {
    const ComputeSpan& span = compute_spans_[i];
    boundaries[i] = span.start >= 0 ? span.end : std::min(layers[i].end_cycle, next_compute_start);
    if (span.start >= 0) next_compute_start = span.start;
  }
  if (!boundaries.empty()) boundaries.back() = statistics_->total_cycles;

  std::int64_t previous = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    LayerStatistics& layer = layers[i];
    layer.cycles = std::max(boundaries[i] - previous, std::int64_t{0});
    previous += layer.cycles;
    if (layer.cycles > 0)
      layer.utilization = static_cast<double>(layer.macs) /
                          (static_cast<double>(layer.cycles) * static_cast<double>(statistics_->macs_per_cycle()));
  }
}

}  // namespace evenshift::sim::systemc

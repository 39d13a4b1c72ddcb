#include "sim/stats/trace.h"

#include <fmt/format.h>

#include "arch/datapath/traffic.h"
#include "sim/stats/trace_events.h"
#include "sim/stats/windowed_rate.h"

namespace evenshift::sim {
namespace {

constexpr int kLayerTrack = 0;
constexpr int kFetchTrack = 1;
constexpr std::int64_t kMostWindows = 1024;

int track_of(isa::Unit unit) { return static_cast<int>(unit) + kFetchTrack + 1; }

const isa::Command& command_of(const image::Image& image, std::int64_t index) {
  return image.commands[static_cast<std::size_t>(index)];
}

const std::string& layer_of(const image::Image& image, std::int64_t command) {
  return image.layers[static_cast<std::size_t>(command_of(image, command).layer)].name;
}

/// "conv_pw_1 conv"
std::string title_of(const image::Image& image, std::int64_t command) {
  return fmt::format("{} {}", layer_of(image, command), isa::name_of(command_of(image, command).operation));
}

void add_layers(const RunStatistics& statistics, TraceEvents& events) {
  events.track(kLayerTrack, "layers");
  std::int64_t start = 0;
  for (const LayerStatistics& layer : statistics.layers) {
    if (layer.cycles > 0)
      events.slice(kLayerTrack, layer.name, start, start + layer.cycles,
                   {{"kind", layer.kind}, {"utilization", layer.utilization}});
    start += layer.cycles;
  }
}

void add_fetches(const RunStatistics& statistics, const image::Image& image, TraceEvents& events) {
  events.track(kFetchTrack, "fetch");
  for (const FetchInterval& fetch : statistics.fetches) {
    if (fetch.fetched_cycle > fetch.start_cycle)
      events.slice(kFetchTrack, title_of(image, fetch.command), fetch.start_cycle, fetch.fetched_cycle,
                   {{"command", fetch.command}});
    if (fetch.end_cycle > fetch.fetched_cycle)
      events.slice(kFetchTrack, "queue is full", fetch.fetched_cycle, fetch.end_cycle, {{"command", fetch.command}});
  }
}

void add_commands(const RunStatistics& statistics, const image::Image& image, TraceEvents& events) {
  for (const isa::Unit unit : {isa::Unit::load, isa::Unit::compute, isa::Unit::store})
    events.track(track_of(unit), name_of(unit));
  std::vector<std::int64_t> starts(image.commands.size());
  for (const Interval& interval : statistics.intervals) {
    starts[static_cast<std::size_t>(interval.command)] = interval.start_cycle;
    events.slice(track_of(interval.unit), title_of(image, interval.command), interval.start_cycle, interval.end_cycle,
                 {{"command", interval.command}, {"layer", layer_of(image, interval.command)}});
  }
  for (const TokenTransfer& token : statistics.tokens) {
    const auto track = [&](std::int64_t command) {
      return track_of(isa::unit_of(command_of(image, command).operation));
    };
    events.arrow("token", track(token.from_command), starts[static_cast<std::size_t>(token.from_command)],
                 track(token.to_command), starts[static_cast<std::size_t>(token.to_command)]);
  }
}

void add_bandwidths(const RunStatistics& statistics, const image::Image& image, TraceEvents& events) {
  const std::int64_t window = trace_window_cycles(statistics.total_cycles);
  WindowedRate reads(statistics.total_cycles, window);
  WindowedRate writes = reads;
  WindowedRate compute = reads;
  for (const DramTransfer& transfer : statistics.transfers)
    (transfer.writes ? writes : reads).add(transfer.start_cycle, transfer.cycles, transfer.bytes);
  for (const Interval& interval : statistics.intervals)
    compute.add(interval.start_cycle, interval.end_cycle - interval.start_cycle,
                datapath::scratchpad_traffic(command_of(image, interval.command).operation, image.config));
  for (std::int64_t w = 0; w < reads.windows(); ++w) {
    const double read = reads.bytes_per_cycle(w);
    const double written = writes.bytes_per_cycle(w);
    events.counter("DRAM bytes per cycle", w * window, {{"read", read}, {"written", written}});
    events.counter("scratchpad bytes per cycle", w * window,
                   {{"compute", compute.bytes_per_cycle(w)}, {"load and store", read + written}});
  }
}

}  // namespace

std::int64_t trace_window_cycles(std::int64_t total_cycles) {
  std::int64_t window = 1;
  while (window * kMostWindows < total_cycles) window *= 2;
  return window;
}

nlohmann::ordered_json to_trace(const RunStatistics& statistics, const image::Image& image) {
  TraceEvents events(statistics.config.name, statistics.config.clock_mhz);
  add_layers(statistics, events);
  add_fetches(statistics, image, events);
  add_commands(statistics, image, events);
  add_bandwidths(statistics, image, events);
  return events.document();
}

}  // namespace evenshift::sim

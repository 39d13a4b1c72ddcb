#include "sim/stats/trace.h"

#include <nlohmann/json.hpp>

namespace evenshift::sim {
namespace {

constexpr int kLayerTrack = 0;
constexpr int kProcess = 1;

int track_of(isa::Unit unit) { return static_cast<int>(unit) + 1; }

nlohmann::ordered_json track_name(int track, const std::string& name) {
  return {{"name", "thread_name"}, {"ph", "M"}, {"pid", kProcess}, {"tid", track}, {"args", {{"name", name}}}};
}

}  // namespace

nlohmann::ordered_json to_trace(const RunStatistics& statistics, const image::Image& image) {
  nlohmann::ordered_json trace;
  trace["schema_version"] = 1;
  trace["displayTimeUnit"] = "ns";
  auto& events = trace["traceEvents"];
  events = nlohmann::ordered_json::array();
  events.push_back(
      {{"name", "process_name"}, {"ph", "M"}, {"pid", kProcess}, {"args", {{"name", statistics.machine}}}});
  events.push_back(track_name(kLayerTrack, "layers"));
  for (const isa::Unit unit : {isa::Unit::load, isa::Unit::compute, isa::Unit::store})
    events.push_back(track_name(track_of(unit), name_of(unit)));

  const auto slice = [&](int track, const std::string& name, std::int64_t start, std::int64_t end,
                         nlohmann::ordered_json args) {
    const auto microseconds = [&](std::int64_t cycles) {
      return static_cast<double>(cycles) / static_cast<double>(statistics.clock_mhz);
    };
    args["start_cycle"] = start;
    args["cycles"] = end - start;
    events.push_back({{"name", name},
                      {"ph", "X"},
                      {"pid", kProcess},
                      {"tid", track},
                      {"ts", microseconds(start)},
                      {"dur", microseconds(end - start)},
                      {"args", std::move(args)}});
  };
  std::int64_t start = 0;
  for (const LayerStatistics& layer : statistics.layers) {
    if (layer.cycles > 0)
      slice(kLayerTrack, layer.name, start, start + layer.cycles,
            {{"kind", layer.kind}, {"utilization", layer.utilization}});
    start += layer.cycles;
  }
  for (const Interval& interval : statistics.intervals) {
    const isa::Command& command = image.commands[static_cast<std::size_t>(interval.command)];
    const image::Layer& layer = image.layers[static_cast<std::size_t>(command.layer)];
    slice(track_of(interval.unit), isa::name_of(command.operation), interval.start_cycle, interval.end_cycle,
          {{"command", interval.command}, {"layer", layer.name}});
  }
  return trace;
}

}  // namespace evenshift::sim

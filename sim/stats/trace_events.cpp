#include "sim/stats/trace_events.h"

#include <utility>

namespace evenshift::sim {
namespace {

constexpr int kProcess = 1;

}  // namespace

TraceEvents::TraceEvents(const std::string& process, std::int64_t clock_mhz) : clock_mhz_(clock_mhz) {
  metadata("process_name", 0, {{"name", process}});
}

void TraceEvents::track(int track, const std::string& name) {
  metadata("thread_name", track, {{"name", name}});
  metadata("thread_sort_index", track, {{"sort_index", track}});
}

void TraceEvents::slice(int track, const std::string& name, std::int64_t start_cycle, std::int64_t end_cycle,
                        nlohmann::ordered_json args) {
  args["start_cycle"] = start_cycle;
  args["cycles"] = end_cycle - start_cycle;
  auto& event = add(name, "X", track);
  event["ts"] = microseconds(start_cycle);
  event["dur"] = microseconds(end_cycle - start_cycle);
  event["args"] = std::move(args);
}

void TraceEvents::arrow(const std::string& name, int from_track, std::int64_t from_cycle, int to_track,
                        std::int64_t to_cycle) {
  // Viewers draw from the end of the first slice; the event itself must lie inside it, as it does at its start.
  for (const bool ends : {false, true}) {
    auto& event = add(name, ends ? "f" : "s", ends ? to_track : from_track);
    event["cat"] = name;
    event["id"] = arrows_;
    event["ts"] = microseconds(ends ? to_cycle : from_cycle);
    if (ends) event["bp"] = "e";  // to the slice around it, not to the next one
  }
  ++arrows_;
}

void TraceEvents::counter(const std::string& name, std::int64_t cycle, nlohmann::ordered_json values) {
  auto& event = add(name, "C", 0);
  event["ts"] = microseconds(cycle);
  event["args"] = std::move(values);
}

nlohmann::ordered_json TraceEvents::document() const {
  return {{"schema_version", 1}, {"displayTimeUnit", "ns"}, {"traceEvents", events_}};
}

double TraceEvents::microseconds(std::int64_t cycles) const {
  return static_cast<double>(cycles) / static_cast<double>(clock_mhz_);
}

void TraceEvents::metadata(const std::string& what, int track, nlohmann::ordered_json args) {
  add(what, "M", track)["args"] = std::move(args);
}

nlohmann::ordered_json& TraceEvents::add(const std::string& name, const char* phase, int track) {
  return events_.emplace_back(nlohmann::ordered_json{{"name", name}, {"ph", phase}, {"pid", kProcess}, {"tid", track}});
}

}  // namespace evenshift::sim

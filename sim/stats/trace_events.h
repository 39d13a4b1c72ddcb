#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace evenshift::sim {

/// Events of the Chrome trace format ("Trace Event Format", the JSON that Perfetto and chrome://tracing read), of one
/// process. Cycles in, microseconds at `clock_mhz` out.
class TraceEvents {
 public:
  TraceEvents(const std::string& process, std::int64_t clock_mhz);

  /// Names a track; tracks are shown in the order of their numbers.
  void track(int track, const std::string& name);
  /// A slice of a track.
  void slice(int track, const std::string& name, std::int64_t start_cycle, std::int64_t end_cycle,
             nlohmann::ordered_json args);
  /// An arrow from the slice that starts in `from_cycle` on one track to the one that starts in `to_cycle` on another.
  /// Both slices have been made.
  void arrow(const std::string& name, int from_track, std::int64_t from_cycle, int to_track, std::int64_t to_cycle);
  /// Values of a counter track from this cycle on.
  void counter(const std::string& name, std::int64_t cycle, nlohmann::ordered_json values);

  /// The whole file.
  [[nodiscard]] nlohmann::ordered_json document() const;

 private:
  [[nodiscard]] double microseconds(std::int64_t cycles) const;
  void metadata(const std::string& what, int track, nlohmann::ordered_json args);
  nlohmann::ordered_json& add(const std::string& name, const char* phase, int track);

  std::int64_t clock_mhz_;
  std::int64_t arrows_ = 0;
  nlohmann::ordered_json events_ = nlohmann::ordered_json::array();
};

}  // namespace evenshift::sim

#pragma once

#include <nlohmann/json_fwd.hpp>

#include "arch/image/image.h"
#include "sim/stats/run_statistics.h"

namespace evenshift::sim {

/// A run's timeline in the Chrome trace format, which Perfetto opens: one track for the layers, as their cycles are
/// counted, and one for each unit, a slice a command. Times are microseconds at clock_mhz; the cycles are in `args`.
/// `statistics` are those of a run of `image` whose intervals were recorded.
nlohmann::ordered_json to_trace(const RunStatistics& statistics, const image::Image& image);

}  // namespace evenshift::sim

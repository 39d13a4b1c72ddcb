#pragma once

#include <nlohmann/json_fwd.hpp>

#include "arch/image/image.h"
#include "sim/stats/run_statistics.h"

namespace evenshift::sim {

/// A run's timeline in the Chrome trace format, which Perfetto opens: a track for the layers, as their cycles are
/// counted, one for fetch, load, compute and store each, a slice a command; an arrow for every token; and counters of
/// the bytes per cycle that pass the DRAM's port and the scratchpad, averaged over windows of `trace_window_cycles`.
/// Times are microseconds at clock_mhz; cycles are in `args`. `statistics` are those of a run of `image` whose timeline
/// was recorded.
nlohmann::ordered_json to_trace(const RunStatistics& statistics, const image::Image& image);

/// The smallest power of two that cuts a run into at most 1024 windows.
std::int64_t trace_window_cycles(std::int64_t total_cycles);

}  // namespace evenshift::sim

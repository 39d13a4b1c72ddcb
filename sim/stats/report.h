#pragma once

#include <string>

#include "sim/stats/run_statistics.h"

namespace evenshift::sim {

/// For people: a table with a row a layer, and a summary of where the cycles, the bytes and the energy went.
std::string to_text(const RunStatistics& statistics);

/// For people: every counter of every unit, a line each.
std::string counters_text(const RunStatistics& statistics);

}  // namespace evenshift::sim

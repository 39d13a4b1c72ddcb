#pragma once

#include <optional>
#include <vector>

#include "cli/sweep_panel.h"

namespace evenshift::cli {

/// Gate equivalents of the conv core against shift bits: a curve, and horizontal lines for the requant scales without a
/// channel shift; of the requantizers alone where no row has the core's. Nothing where no row has an area. The y axis
/// shows differences: it need not begin at 0.
std::optional<Panel> area_panel(const std::vector<SweepRow>& rows);

}  // namespace evenshift::cli

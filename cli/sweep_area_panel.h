#pragma once

#include <optional>
#include <vector>

#include "cli/sweep_panel.h"

namespace evenshift::cli {

/// Gates of the conv datapath against shift bits: a curve, and horizontal lines for the requant scales without a
/// channel shift. Nothing where no row has an area.
std::optional<Panel> area_panel(const std::vector<SweepRow>& rows);

}  // namespace evenshift::cli

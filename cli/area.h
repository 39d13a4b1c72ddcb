#pragma once

#include <optional>
#include <string>

#include "arch/config/npu_config.h"

namespace evenshift::cli {

/// Gate equivalents of a machine's conv datapath, or why they are not known.
struct Area {
  std::optional<double> gates;
  std::string reason;  ///< one sentence where `gates` is empty
};

/// From the figures of docs/area.csv, which the program holds, by the formula of docs/area.md:
///
///     array(mac_rows x mac_cols) + mac_cols · column + requant_lanes · lane + once
///
/// Not known for arrays that have not been synthesized and for other widths than 31 multiplier bits and 32 accumulator
/// bits.
Area area_of(const NpuConfig& config);

}  // namespace evenshift::cli

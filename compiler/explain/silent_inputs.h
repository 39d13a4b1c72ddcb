#pragma once

#include <cstdint>
#include <vector>

#include "compiler/calibrate/channel_statistics.h"
#include "compiler/ir/graph.h"

namespace evenshift::compiler {

/// Input channels that are never more than kSilent of their value's range on the calibration images, although the
/// weights behind them are greater than every other weight of the layer: they set L = max |W|, the scale of all, and
/// contribute nothing.
struct SilentInputs {
  std::vector<std::int64_t> channels;  ///< ascending; empty where there is no such channel
  double range_factor = 1;             ///< L / the L that the other input channels would give
  static constexpr double kSilent = 1e-3;
};

/// Of a conv with that `input`. A layer all of whose inputs are silent has none: there is nothing to compare with.
SilentInputs silent_inputs(const Conv& conv, const ChannelStatistics& input);

/// The conv with the weights behind those channels 0.
Conv without_silent_inputs(const Conv& conv, const SilentInputs& silent);

}  // namespace evenshift::compiler

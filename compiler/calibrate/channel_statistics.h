#pragma once

#include <vector>

#include "compiler/calibrate/calibration_data.h"
#include "compiler/ir/graph.h"

namespace evenshift::compiler {

/// Of each channel of a value, over all images and pixels.
struct ChannelStatistics {
  std::vector<double> low;
  std::vector<double> high;
  std::vector<double> mean;
  std::vector<double> deviation;  ///< standard: sqrt(mean of squares - square of mean)
};

/// Statistics by ValueId: what bias correction starts from. Deterministic and failing as calibrate; of the options, it
/// reads `threads` and `cancel`.
std::vector<ChannelStatistics> channel_statistics(const Graph& graph, const CalibrationData& data,
                                                  const CalibrationOptions& options,
                                                  const CalibrationProgress& progress = {});

/// Statistics by ValueId of what a value is (`values`), and of what its node computes before its clamp, fused or its
/// own (`before_clamp`); the two are the same where there is none.
struct ActivationStatistics {
  std::vector<ChannelStatistics> values;
  std::vector<ChannelStatistics> before_clamp;
};

/// What weight factorization, cross-layer equalization and bias absorption start from; otherwise as channel_statistics.
ActivationStatistics activation_statistics(const Graph& graph, const CalibrationData& data,
                                           const CalibrationOptions& options, const CalibrationProgress& progress = {});

}  // namespace evenshift::compiler

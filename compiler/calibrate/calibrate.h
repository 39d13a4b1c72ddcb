#pragma once

#include <vector>

#include "compiler/calibrate/calibration_data.h"
#include "compiler/ir/graph.h"
#include "compiler/ir/value_range.h"

namespace evenshift::compiler {

/// The range of every value of the graph, by ValueId, from its numbers on all images:
///
///     min_max         least and greatest number
///     moving_average  of the images' least and greatest numbers, in their order: that of the first image, then
///                     momentum · average + (1 - momentum) · image
///     percentile      the narrowest bin edges that leave at most (100 - percentile) / 2 percent of the numbers outside
///                     on either side, and no wider than min_max
///     mse             the clipped range whose codes of activation_bits have the least Σ (x - dequantize(quantize(x)))²
///     kl              the clipped range whose codes of activation_bits keep most of the distribution, see kl_range
///
/// The last three see the numbers through a Histogram, so that memory does not depend on the number of images, which
/// are read once. Ranges contain 0. They are the same for any number of threads, and, after
/// use_portable_instruction_set, on any machine. Throws Error naming the value and the image that makes it infinite or
/// not a number, when there are no images, for a momentum that is not in [0, 1), and for an unknown method; throws
/// Cancelled.
std::vector<ValueRange> calibrate(const Graph& graph, const CalibrationData& data, const CalibrationOptions& options,
                                  const CalibrationProgress& progress = {});

}  // namespace evenshift::compiler

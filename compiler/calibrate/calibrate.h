#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "arch/base/parallel.h"
#include "compiler/ir/graph.h"
#include "compiler/ir/value_range.h"
#include "compiler/reference/float_tensor.h"

namespace evenshift::compiler {

/// The images to calibrate on. `load` gives the graph's inputs of image `index`; several threads call it at a time.
struct CalibrationData {
  std::int64_t count = 0;
  std::function<std::vector<FloatTensor>(std::int64_t index)> load;
};

struct CalibrationOptions {
  std::string method = "min_max";    ///< see calibrate
  double percentile = 99.99;         ///< share of the values, in percent, that `percentile` keeps
  std::int64_t activation_bits = 8;  ///< of the codes whose error `mse` measures
  int threads = 0;                   ///< 0: all of the machine's
  const CancelFlag* cancel = nullptr;
};

/// Called with the number of images that are done, from any thread, one call at a time.
using CalibrationProgress = std::function<void(std::int64_t images_done)>;

/// The range of every value of the graph, by ValueId, from its numbers on all images:
///
///     min_max     least and greatest number
///     percentile  the narrowest bin edges that leave at most (100 - percentile) / 2 percent of the numbers outside on
///                 either side, and no wider than min_max
///     mse         the clipped range whose codes of activation_bits have the least Σ (x - dequantize(quantize(x)))²
///
/// The last two see the numbers through a Histogram, so that memory does not depend on the number of images, which are
/// read once. Ranges contain 0. They are the same for any number of threads, and, after use_portable_instruction_set,
/// on any machine. Throws Error naming the value and the image that makes it infinite or not a number, when there are
/// no images, and for an unknown method; throws Cancelled.
std::vector<ValueRange> calibrate(const Graph& graph, const CalibrationData& data, const CalibrationOptions& options,
                                  const CalibrationProgress& progress = {});

/// Of each channel of a value, over all images and pixels.
struct ChannelStatistics {
  std::vector<double> low;
  std::vector<double> high;
  std::vector<double> mean;
};

/// Statistics by ValueId: what weight factorization and bias correction start from. Deterministic and failing as
/// calibrate; of the options, it reads `threads` and `cancel`.
std::vector<ChannelStatistics> channel_statistics(const Graph& graph, const CalibrationData& data,
                                                  const CalibrationOptions& options,
                                                  const CalibrationProgress& progress = {});

}  // namespace evenshift::compiler

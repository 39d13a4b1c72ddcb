#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "arch/base/parallel.h"
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
  double momentum = 0.9;             ///< share of the past in `moving_average`, from 0 to below 1
  std::int64_t activation_bits = 8;  ///< of the codes whose error `mse` and whose divergence `kl` measure
  int threads = 0;                   ///< 0: all of the machine's
  const CancelFlag* cancel = nullptr;
};

/// Called with the number of images that are done, from any thread, one call at a time.
using CalibrationProgress = std::function<void(std::int64_t images_done)>;

}  // namespace evenshift::compiler

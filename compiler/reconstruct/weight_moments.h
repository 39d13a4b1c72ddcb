#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "arch/base/parallel.h"
#include "compiler/calibrate/calibrate.h"
#include "compiler/reconstruct/batch.h"

namespace evenshift::compiler {

/// Of what the gradients are. Calibration data has no labels; both losses have a minimum at the float network itself.
enum class GradientLoss : std::uint8_t {
  /// -log p of a class drawn from the network's own softmax: E[g²] is the diagonal of the Fisher information. All
  /// numbers of the first output are classes.
  cross_entropy,
  /// ½ Σ (y - y_float)² over all outputs, by random signs: E[g²] is the diagonal of the Gauss-Newton matrix.
  squared_error
};

struct WeightMomentOptions {
  GradientLoss loss = GradientLoss::cross_entropy;
  double decay = 0.99;        ///< of the moving average
  std::int64_t images = 128;  ///< of the calibration data, evenly spaced, at most
  std::uint64_t seed = 1;     ///< of classes and signs
  int threads = 0;            ///< 0: all of the machine's
  const CancelFlag* cancel = nullptr;
};

/// √v of every weight of every conv.
using WeightMoments = std::vector<Floats>;

/// √v for every weight, with g the gradient of one image's loss in the float network and v the moving average
///
///     v ← decay · v + (1 - decay) · g², v = 0 at first, divided by 1 - decay^t at the end,
///
/// images in order: the second-moment weights of arXiv:2210.03671, taken after training. By conv, in the order of the
/// nodes. `observe`, where given, sees √v after every image. Softmax at an output is left out. Deterministic for any
/// number of threads and any instruction set. Throws Error where there is no image, and Cancelled.
WeightMoments weight_moments(const Graph& graph, const CalibrationData& data, const WeightMomentOptions& options,
                             const std::function<void(const WeightMoments&)>& observe = {});

}  // namespace evenshift::compiler

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/explain/ablation.h"
#include "compiler/explain/candidates.h"
#include "compiler/explain/layer_walk.h"
#include "compiler/explain/outlier_images.h"
#include "compiler/explain/silent_inputs.h"
#include "compiler/quantize/layer_report.h"

namespace evenshift::compiler {

/// A layer with everything that is known of it.
struct ExplainedLayer {
  LayerLoss loss;
  double share = 0;                   ///< its network noise alone / the sum over all layers
  std::optional<LayerReport> report;  ///< of convs
  SilentInputs silent;                ///< of convs
  std::optional<Cause> cause;         ///< of the guiltiest
};

/// What a configuration costs a network, why, and what would win it back.
struct Explanation {
  std::int64_t images = 0;             ///< measured
  bool held_out = false;               ///< they are others than those that calibrate
  Likeness compiled;                   ///< the image, in integers
  Likeness modelled;                   ///< the same in floats
  bool harmless = false;               ///< nothing to mend, see is_harmless
  std::vector<ExplainedLayer> layers;  ///< greatest loss alone first
  std::vector<CauseLoss> causes;       ///< greatest share first
  std::string best_range;              ///< what activation_range is measured against; empty: nothing is better
  std::vector<OutlierImage> outliers;  ///< of the calibration images
  std::optional<Likeness> without_silent_inputs;  ///< the image with their weights at 0; where there are any
  std::vector<Remedy> remedies;                   ///< measured, cheapest first
  std::optional<std::size_t> advised;             ///< of the remedies, see advised_of
};

}  // namespace evenshift::compiler

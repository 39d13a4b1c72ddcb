#pragma once

#include "compiler/explain/explanation.h"

namespace evenshift::compiler {

/// What is explained, and with what.
struct ExplainRequest {
  const Graph& graph;           ///< canonical; its first output counts
  const CalibrationData& data;  ///< calibrates
  /// Nothing is calibrated on these. The measured images are spread evenly over them; over `data` where there are none,
  /// which flatters every method that fits to its data.
  CalibrationData others;
  std::int64_t images = 32;  ///< measured at most
  NpuConfig config;
  CompileOptions options;
  std::string host;  ///< JSON for the images
  /// Runs an image on the measured inputs.
  std::function<Outputs(const image::Image& image, const Images& inputs)> run;
};

/// Calibrates and compiles as `compile` does, then walks the layers, splits the loss by cause, and measures remedies,
/// those that need no hardware all, of every dearer class, and of what is slow to compile, until one wins back half.
/// The same for any number of threads. Throws Error where the network cannot be compiled; throws Cancelled.
Explanation explain(const ExplainRequest& request, const WorkContext& work);

}  // namespace evenshift::compiler

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/input_cache.h"
#include "cli/model.h"
#include "cli/network_io.h"
#include "host/dataset.h"

namespace evenshift::cli {

/// What a network makes of labelled inputs; fractions are 0 to 1.
struct Score {
  std::int64_t images = 0;
  double top1 = 0;
  double top5 = 0;
  std::optional<double> agreement;  ///< inputs with the same first class as the float network
  std::optional<double>
      output_sqnr_db;  ///< 10 log10(Σ f² / Σ (f - q)²) of all outputs before softmax, f the float network's
};

/// Float network's outputs before softmax, kept for comparing: [image][class].
using FloatOutputs = std::vector<std::vector<float>>;

struct ScoringOptions {
  int threads = 0;  ///< 0: all of the machine's
  bool quiet = false;
  std::string label = "evaluate";  ///< of the progress line
};

/// Runs the float network; `outputs`, where given, receives what it said of every image.
Score score_float(const Model& model, const host::Dataset& data, const ScoringOptions& options,
                  FloatOutputs* outputs = nullptr);

/// Runs an image by the functional executor; `against` are score_float's outputs of the same data, `inputs`, where
/// given, keeps the network's inputs for the next one.
Score score_image(const Network& network, const host::Dataset& data, const ScoringOptions& options,
                  const FloatOutputs* against = nullptr, InputCache* inputs = nullptr);

}  // namespace evenshift::cli

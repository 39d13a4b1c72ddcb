#pragma once

#include <string>
#include <vector>

#include "compiler/calibrate/channel_statistics.h"
#include "compiler/ir/graph.h"

namespace evenshift::compiler {

enum class AbsorptionBound {
  three_deviations,  ///< c = max(0, mean - 3 · deviation), the paper's: a few numbers lie below c, and change
  least,             ///< c = max(0, least number): on calibration data the function stays
};

struct AbsorptionOptions {
  AbsorptionBound bound = AbsorptionBound::three_deviations;
  /// Also where a reader pads: as the paper's code does, although pixels at the border then change.
  bool allow_padding = false;
};

/// What a conv gave up.
struct AbsorbedBias {
  std::string node;
  std::vector<double> amounts;  ///< c of every output channel
};

struct AbsorbedGraph {
  Graph graph;
  ActivationStatistics statistics;  ///< moved with the channels
  std::vector<AbsorbedBias> convs;  ///< those with an amount above 0
};

/// Bias absorption: of a channel with a ReLU whose numbers lie above c > 0, c moves into the biases of the convs that
/// read it, which narrows the activation's range:
///
///     b1 <- b1 - c,  b2 <- b2 + Σ over taps of W2[in] · c
///
/// as relu(x - c) = relu(x) - c for x >= c. The paper takes c = max(0, β - 3 · |γ|) from the batch norm in front of the
/// ReLU; as that is folded, β and |γ| are the mean and the standard deviation before the clamp on calibration data.
/// Done where only convs read the value, directly or through max poolings, average poolings without padding, resizes
/// and concats. An upper limit of the clamp (ReLU6) is no hindrance for channels that do not pass it on calibration
/// data; others are left alone.
/// Source: Data-Free Quantization, arXiv:1906.04721, section 4.1.3.
/// `statistics` are activation_statistics of the canonical `graph`.
AbsorbedGraph absorb_bias(const Graph& graph, const ActivationStatistics& statistics, const AbsorptionOptions& options);

}  // namespace evenshift::compiler

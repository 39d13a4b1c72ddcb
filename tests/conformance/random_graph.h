#pragma once

#include <vector>

#include "arch/config/npu_config.h"
#include "compiler/ir/graph.h"
#include "compiler/ir/value_range.h"
#include "compiler/options.h"

namespace evenshift::conformance {

/// A network, what calibration could have found for it, and what it is compiled for: a pure function of the seed.
struct RandomNetwork {
  compiler::Graph graph;  ///< canonical
  std::vector<compiler::ValueRange> ranges;
  NpuConfig config;
  compiler::CompileOptions options;
};

/// Two to seven layers of every kind that the compiler takes: convolutions with clamps and channels of very different
/// sizes (some dead), residual adds, squeeze-and-excite products, pools, concats, activations, paddings, resizes,
/// softmax at the end. Ranges are those of one random input, widened or clipped. The machine has an array of
/// kBuiltArrays.
RandomNetwork random_network(std::uint64_t seed);

}  // namespace evenshift::conformance

#pragma once

#include <vector>

#include "compiler/lower/layer_context.h"

namespace evenshift::compiler {

/// Decides for each layer whether its output is made in the scratchpad as a whole, besides the layer's other tiles, and
/// stays there for the next layer, which then need not load it. (It is stored all the same, tile by tile, so that DRAM
/// has every tensor.) Only a layer's own successor in the stream can read it so. Of all choices that fit, by dynamic
/// programming over the layers, the one whose estimated cycles add up to the least.
std::vector<bool> plan_residency(const QuantizedGraph& network, const TensorPlan& tensors,
                                 const std::vector<std::string>& kinds, ConvPlanner& planner);

}  // namespace evenshift::compiler

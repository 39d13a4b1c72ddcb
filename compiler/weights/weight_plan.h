#pragma once

#include <cstdint>
#include <vector>

#include "compiler/equalize/weight_grid.h"
#include "compiler/ir/graph.h"

namespace evenshift::compiler {

/// What the methods have decided on the weights of a conv: quantization only carries it out.
struct WeightPlan {
  WeightGrid grid;
  std::vector<std::int8_t> codes;  ///< as Conv::weights; empty: the nearest codes of the grid
  std::vector<float> bias;         ///< in place of the conv's own; empty: that one
};

/// The conv with the weights that its plan gives it: scale(c) · code, and the plan's bias.
Conv dequantized(const Conv& conv, const WeightPlan& plan);

}  // namespace evenshift::compiler

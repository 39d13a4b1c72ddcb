#pragma once

#include "compiler/ir/graph.h"

namespace evenshift::compiler {

/// Folds convs that only pick channels (1 × 1, weights 0 and 1, one 1 a row; import makes them of channel shuffles and
/// slices) into the conv before, whose rows it picks, or the convs after it, whose columns it moves. Into a conv with a
/// larger kernel only where it drops no channels: there the other channels would cost more than the picking.
bool fold_selections(Graph& graph);

}  // namespace evenshift::compiler

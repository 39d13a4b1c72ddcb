#pragma once

#include "compiler/ir/graph.h"

namespace evenshift::compiler {

/// Folds a padding into all of the nodes that read it, where each of them takes it exactly: convs a padding with 0,
/// average pools one with 0 that they count, max pools one with a number that no input is below.
bool fold_pads(Graph& graph);

}  // namespace evenshift::compiler

#pragma once

#include "compiler/ir/graph.h"

namespace evenshift::compiler {

/// Moves reshapes towards the outputs, behind functions of one value at a time, and takes them away before dense
/// layers: a dense layer on C · H · W numbers is a conv with a kernel of H × W and the same weights.
bool move_reshapes(Graph& graph);

}  // namespace evenshift::compiler

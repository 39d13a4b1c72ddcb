#pragma once

#include "compiler/ir/graph.h"

namespace evenshift::compiler {

/// Removes nodes that change nothing: affines of scale 1 and offset 0, clamps without limits, paddings of 0, pools of 1
/// × 1, resizes of every row and column in order, reshapes to the same shape or undone by the next, concatenations of
/// one input.
bool remove_identities(Graph& graph);

}  // namespace evenshift::compiler

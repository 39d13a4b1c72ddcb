#pragma once

#include "compiler/ir/graph.h"

namespace evenshift::compiler {

/// Recognizes what exporters write out:
///  - clamp(a · x + b) · c + d with results in [0, 1] is a hard sigmoid (left alone straight behind a conv that only it
///    reads, which takes it as a clamp);
///  - x · sigmoid(x) is silu;
///  - x · hard_sigmoid(x) with alpha 1/6 and beta 1/2, and x · clamp(x + 3, 0, 6) / 6, are hard swish.
bool fuse_gates(Graph& graph);

}  // namespace evenshift::compiler

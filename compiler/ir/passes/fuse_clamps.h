#pragma once

#include "compiler/ir/graph.h"

namespace evenshift::compiler {

/// Fuses clamps (Relu, Clip, …) into the conv, addition, multiplication, average pooling or clamp before them whose
/// only reader they are: clamp [a, b] after clamp [c, d] is [clamp(c), clamp(d)].
bool fuse_clamps(Graph& graph);

/// Moves a clamp from behind a max pooling, resize, reshape, padding or concatenation to before it, where it can then
/// be fused: these copy or select numbers, so that clamping before and after is the same.
bool hoist_clamps(Graph& graph);

}  // namespace evenshift::compiler

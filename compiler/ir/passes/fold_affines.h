#pragma once

#include "compiler/ir/graph.h"

namespace evenshift::compiler {

/// Folds affines into their neighbours where the result is the same function:
///  - into the affine or conv before, whose only reader it is: w'[c] = scale[c] · w[c], b'[c] = scale[c] · b[c] +
///  offset[c];
///    a fused clamp becomes scale · [low, high] + offset, where that is one interval for all channels;
///  - into the convs after it, where nothing else reads it and none of them pads, or all offsets are 0:
///    w'[c][i] = w[c][i] · scale[i], b'[c] = b[c] + Σ w[c][i] · offset[i].
/// A conv with codes keeps them: an affine behind it goes into its scales and its bias, one before it stays.
bool fold_affines(Graph& graph);

/// What is left of them becomes depthwise 1 × 1 convs.
bool convert_affines(Graph& graph);

/// out = alpha · in + beta, clamped to [0, 1], straight after a conv: folded into it.
bool fold_hard_sigmoids(Graph& graph);

}  // namespace evenshift::compiler

#pragma once

#include <string>

#include "compiler/ir/graph.h"

namespace evenshift::compiler {

/// A rewriting of the graph that keeps what it computes. Returns whether it changed anything.
struct Pass {
  std::string_view name;
  bool (*run)(Graph&);
};

/// The passes in the order in which they run; they are repeated until none changes anything.
const std::vector<Pass>& canonical_passes();

/// Brings an imported graph into the form that quantization takes: no affine is left, paddings and clamps are part of
/// the nodes around them where that is exact, softmax and reshape are only at outputs, quantizers have become
/// Value::quant. verify() runs before and after every pass. Throws Error naming the node where that form cannot be
/// reached.
Graph canonicalize(Graph graph);

}  // namespace evenshift::compiler

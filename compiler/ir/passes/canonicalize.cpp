#include "compiler/ir/passes/canonicalize.h"

#include <cmath>

#include "arch/base/check.h"
#include "compiler/ir/passes/fold_affines.h"
#include "compiler/ir/passes/fold_pads.h"
#include "compiler/ir/passes/fold_selections.h"
#include "compiler/ir/passes/fuse_clamps.h"
#include "compiler/ir/passes/fuse_gates.h"
#include "compiler/ir/passes/graph_edit.h"
#include "compiler/ir/passes/limits.h"
#include "compiler/ir/passes/move_reshapes.h"
#include "compiler/ir/passes/quantizers.h"
#include "compiler/ir/passes/remove_identities.h"

namespace evenshift::compiler {
namespace {

/// Runs all passes until none changes anything.
void run_passes(Graph& graph) {
  const std::size_t most_rounds = 4 * graph.nodes.size() + 16;
  bool changed = true;
  for (std::size_t round = 0; changed; ++round) {
    check_at_most(round, most_rounds, "rounds of passes until nothing changes");
    changed = false;
    for (const Pass& pass : canonical_passes()) {
      changed |= pass.run(graph);
      verify(graph, pass.name);
    }
  }
}

/// Only what ends at outputs: softmax, reshapes, and such a node after such a node.
bool reaches_only_outputs(const Graph& graph, const Node& node) {
  for (const std::int64_t reader : graph.consumers(node.output)) {
    const Node& next = graph.nodes[index_of(reader)];
    const bool is_host = std::holds_alternative<Reshape>(next.op) || std::holds_alternative<Softmax>(next.op);
    if (!is_host || !reaches_only_outputs(graph, next)) return false;
  }
  return true;
}

void check_limits(const Graph& graph) {
  std::string lines;
  const auto report = [&](const Node& node, std::string_view sentence) {
    lines += fmt::format("{}node '{}' ({}, input {}): {}", lines.empty() ? "" : "\n", node.name, kind_of(node.op),
                         to_string(graph.value(node.inputs[0]).shape), sentence);
  };
  for (const Node& node : graph.nodes) {
    const bool is_reshape = std::holds_alternative<Reshape>(node.op),
               is_softmax = std::holds_alternative<Softmax>(node.op);
    if ((is_reshape || is_softmax) && !reaches_only_outputs(graph, node))
      report(node, is_softmax ? kSoftmaxAtOutputs : kReshapeAtOutputs);
    if (const auto* pad = std::get_if<Pad>(&node.op); pad != nullptr && !std::isfinite(pad->value))
      report(node, kFinitePads);
  }
  if (!lines.empty()) throw Error(lines);
}

}  // namespace

const std::vector<Pass>& canonical_passes() {
  static const std::vector<Pass> kPasses = {
      {"remove_identities", remove_identities}, {"fuse_gates", fuse_gates},
      {"move_reshapes", move_reshapes},         {"fold_pads", fold_pads},
      {"fold_affines", fold_affines},           {"fold_hard_sigmoids", fold_hard_sigmoids},
      {"hoist_clamps", hoist_clamps},           {"fuse_clamps", fuse_clamps},
      {"fold_selections", fold_selections},     {"drop_quantizers", drop_quantizers},
      {"remove_dead_nodes", remove_dead_nodes},
  };
  return kPasses;
}

Graph canonicalize(Graph graph) {
  verify(graph, "import");
  run_passes(graph);
  if (convert_affines(graph)) run_passes(graph);
  settle_quantizers(graph);
  verify(graph, "settle_quantizers");
  remove_unused_values(graph);
  verify(graph, "remove_unused_values");
  check_limits(graph);
  return graph;
}

}  // namespace evenshift::compiler

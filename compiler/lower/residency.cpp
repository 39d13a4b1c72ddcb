#include "compiler/lower/residency.h"

#include <algorithm>
#include <array>
#include <limits>

namespace evenshift::compiler {
namespace {

constexpr std::int64_t kImpossible = std::numeric_limits<std::int64_t>::max() / 4;

/// The least cycles of all layers up to one, and whether the output of the layer before it stays then.
struct Best {
  std::int64_t cycles = kImpossible;
  bool input_stays = false;
};

}  // namespace

std::vector<bool> plan_residency(const QuantizedGraph& network, const TensorPlan& tensors,
                                 const std::vector<std::string>& kinds, ConvPlanner& planner) {
  const std::size_t layers = tensors.node_of_layer.size();
  const auto node_of = [&](std::size_t layer) -> const Node& {
    return network.graph.nodes[static_cast<std::size_t>(tensors.node_of_layer[layer])];
  };
  const auto reads_layer_before = [&](std::size_t layer) {
    return layer > 0 && layer < layers && std::ranges::count(node_of(layer).inputs, node_of(layer - 1).output) > 0;
  };
  std::vector<std::array<Best, 2>> best(layers);  // by layer and whether its output stays
  for (std::size_t i = 0; i < layers; ++i) {
    const auto node_index = static_cast<std::size_t>(tensors.node_of_layer[i]);
    for (const bool input_stays : {false, true}) {
      if (input_stays && !reads_layer_before(i)) continue;
      for (const bool output_stays : {false, true}) {
        if (output_stays && !reads_layer_before(i + 1)) continue;
        const std::int64_t before = i == 0 ? 0 : best[i - 1][input_stays].cycles;
        if (before >= kImpossible) continue;
        LayerView view{network, node_of(i), network.nodes[node_index], tensors, planner, kinds[i]};
        if (input_stays) view.input_that_stays = node_of(i - 1).output;
        view.output_stays = output_stays;
        if (view.budget_bytes() <= 0) continue;
        const auto cycles = estimate_layer(view);
        if (!cycles && (input_stays || output_stays)) continue;
        // A layer that does not fit at all is reported when it is lowered.
        const std::int64_t total = before + cycles.value_or(0);
        Best& entry = best[i][output_stays];
        if (total <= entry.cycles) entry = {total, input_stays};
      }
    }
  }
  std::vector<bool> stays(layers, false);
  bool output_stays = false;
  for (std::size_t i = layers; i-- > 0;) {
    stays[i] = output_stays;
    output_stays = best[i][output_stays].input_stays;
  }
  return stays;
}

}  // namespace evenshift::compiler

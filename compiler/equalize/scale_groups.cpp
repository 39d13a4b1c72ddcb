#include "compiler/equalize/scale_groups.h"

#include <algorithm>
#include <map>
#include <span>

#include "arch/base/check.h"
#include "compiler/ir/passes/graph_edit.h"
#include "compiler/ir/union_find.h"

namespace evenshift::compiler {
namespace {

bool is_homogeneous(const Activation& activation) {
  return activation.function == Function::leaky_relu || activation.function == Function::abs ||
         activation.function == Function::negate;
}

/// Applies the rules of ScaleGroups node by node. A channel's index is that of its value's channel 0 plus the channel.
class Ties {
 public:
  Ties(const Graph& graph, const ActivationStatistics& statistics, ClampRule rule, std::span<const std::size_t> first,
       std::size_t channels)
      : graph_(graph),
        statistics_(statistics),
        rule_(rule),
        first_(first),
        sets_(channels),
        fixed_(channels, false),
        bounds_(channels),
        bundles_(graph.values.size()),
        ranges_(graph.values.size()) {
    for (const ValueId input : graph.inputs) fix(input);
    for (std::size_t id = 0; id < graph.values.size(); ++id)
      if (graph.values[id].quant) fix(static_cast<ValueId>(id));
    for (const Node& node : graph.nodes) visit(node);
    for (const ValueId output : graph.outputs) fix(output);
    for (std::size_t channel = 0; channel < channels; ++channel)
      if (root(channel) != channel) bounds_[root(channel)].intersect(bounds_[channel]);
  }

  std::size_t root(std::size_t channel) { return sets_.find(channel); }
  bool is_fixed(std::size_t channel) { return fixed_[root(channel)] || bounds_[root(channel)].only_one(); }
  const FactorBounds& bounds(std::size_t channel) { return bounds_[root(channel)]; }
  std::size_t bundle(ValueId value) { return bundles_.find(index_of(value)); }
  std::size_t range_class(ValueId value) { return ranges_.find(index_of(value)); }

 private:
  void visit(const Node& node) {
    const ValueId in = node.inputs[0];
    const ValueId out = node.output;
    const auto* activation = std::get_if<Activation>(&node.op);
    const auto* pad = std::get_if<Pad>(&node.op);
    if (std::holds_alternative<Conv>(node.op)) {
      // Producer and reader, nothing tied.
    } else if (std::holds_alternative<Add>(node.op)) {
      tie(in, out);
      tie(node.inputs[1], out);
    } else if (std::holds_alternative<Multiply>(node.op)) {
      tie_product(in, node.inputs[1], out);
    } else if (std::holds_alternative<Concat>(node.op)) {
      std::int64_t offset = 0;
      for (const ValueId input : node.inputs) {
        tie(input, out, offset);
        ranges_.join(index_of(input), index_of(out));
        offset += graph_.value(input).shape.channels;
      }
    } else if (std::holds_alternative<MaxPool>(node.op) || std::holds_alternative<Resize>(node.op) ||
               (pad != nullptr && pad->value == 0)) {
      tie(in, out);
      ranges_.join(index_of(in), index_of(out));
    } else if (std::holds_alternative<AveragePool>(node.op) || std::holds_alternative<ParametricRelu>(node.op) ||
               (activation != nullptr && is_homogeneous(*activation))) {
      tie(in, out);
    } else if (activation != nullptr && activation->function == Function::clamp) {
      tie(in, out);
      clamp(out, {activation->alpha, activation->beta});
    } else {
      fix(in);
      fix(out);
    }
    std::visit(
        [&](const auto& op) {
          if constexpr (requires { op.clamp; }) clamp(out, op.clamp);
        },
        node.op);
  }

  /// Channels of `part` with those of `whole` from `offset`.
  void tie(ValueId part, ValueId whole, std::int64_t offset = 0) {
    for (std::int64_t c = 0; c < graph_.value(part).shape.channels; ++c) {
      const std::size_t a = root(channel_of(part, c));
      const std::size_t b = root(channel_of(whole, offset + c));
      const bool fixed = fixed_[a] || fixed_[b];
      sets_.join(a, b);
      fixed_[root(a)] = fixed;
    }
    bundles_.join(index_of(part), index_of(whole));
  }

  void tie_product(ValueId a, ValueId b, ValueId out) {
    const bool first_is_fixed = fixed_[root(channel_of(a, 0))];
    fix(first_is_fixed ? a : b);
    tie(first_is_fixed ? b : a, out);
  }

  void fix(ValueId value) {
    for (std::int64_t c = 0; c < graph_.value(value).shape.channels; ++c) fixed_[root(channel_of(value, c))] = true;
  }

  /// What the clamp that makes `out` allows.
  void clamp(ValueId out, const Clamp& clamp) {
    const auto is_homogeneous_limit = [](double limit) { return limit == 0 || std::isinf(limit); };
    if (is_homogeneous_limit(clamp.low) && is_homogeneous_limit(clamp.high)) return;
    if (statistics_.values.empty()) return fix(out);
    const ChannelStatistics& before = statistics_.before_clamp[index_of(out)];
    for (std::int64_t c = 0; c < graph_.value(out).shape.channels; ++c)
      bounds_[channel_of(out, c)].intersect(
          clamp_bounds(clamp, before.low[index_of(c)], before.high[index_of(c)], rule_));
  }

  [[nodiscard]] std::size_t channel_of(ValueId value, std::int64_t channel) const {
    return first_[index_of(value)] + index_of(channel);
  }

  const Graph& graph_;
  const ActivationStatistics& statistics_;
  const ClampRule rule_;
  std::span<const std::size_t> first_;
  UnionFind sets_;
  std::vector<bool> fixed_;           ///< of sets, at their root
  std::vector<FactorBounds> bounds_;  ///< of channels; of sets in the end
  UnionFind bundles_;
  UnionFind ranges_;
};

}  // namespace

ScaleGroups::ScaleGroups(const Graph& graph, const ActivationStatistics& statistics, ClampRule rule) {
  if (!statistics.values.empty()) check_equal(statistics.values.size(), graph.values.size(), "statistics of values");
  std::size_t channels = 0;
  for (const Value& value : graph.values) {
    first_channels_.push_back(channels);
    channels += index_of(value.shape.channels);
  }
  Ties ties(graph, statistics, rule, first_channels_, channels);
  group_by_channel_.resize(channels);

  std::map<std::size_t, std::size_t> group_of_root;
  std::map<std::size_t, std::size_t> place_of_bundle;
  for (std::size_t node = 0; node < graph.nodes.size(); ++node) {
    const auto* conv = std::get_if<Conv>(&graph.nodes[node].op);
    if (conv == nullptr) continue;
    const ValueId out = graph.nodes[node].output;
    for (std::int64_t c = 0; c < conv->output_channels; ++c) {
      const std::size_t channel = first_channels_[index_of(out)] + index_of(c);
      if (ties.is_fixed(channel)) continue;
      const auto [group, is_new] = group_of_root.try_emplace(ties.root(channel), groups_.size());
      if (is_new) {
        const auto [place, _] = place_of_bundle.try_emplace(ties.bundle(out), bundles_.size());
        bundles_.resize(place_of_bundle.size());
        bundles_[place->second].push_back(groups_.size());
        groups_.push_back({{}, {}, {}, ties.bounds(channel)});
      }
      groups_[group->second].producers.push_back({node, c});
    }
  }
  for (std::size_t id = 0; id < graph.values.size(); ++id) {
    range_classes_.push_back(ties.range_class(static_cast<ValueId>(id)));
    for (std::int64_t c = 0; c < graph.values[id].shape.channels; ++c) {
      const std::size_t channel = first_channels_[id] + index_of(c);
      const auto group = group_of_root.find(ties.root(channel));
      if (group == group_of_root.end()) continue;
      group_by_channel_[channel] = group->second;
      groups_[group->second].members.push_back({static_cast<ValueId>(id), c});
    }
  }
  for (std::size_t node = 0; node < graph.nodes.size(); ++node) {
    if (!std::holds_alternative<Conv>(graph.nodes[node].op)) continue;
    const ValueId in = graph.nodes[node].inputs[0];
    for (std::int64_t c = 0; c < graph.value(in).shape.channels; ++c)
      if (const auto group = group_of(in, c)) groups_[*group].readers.push_back({node, c});
  }
}

std::optional<std::size_t> ScaleGroups::group_of(ValueId value, std::int64_t channel) const {
  return group_by_channel_[first_channels_[index_of(value)] + index_of(channel)];
}

}  // namespace evenshift::compiler

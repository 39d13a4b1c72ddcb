#include "compiler/equalize/factorize_weights.h"

#include <algorithm>
#include <map>
#include <set>

#include "arch/base/check.h"
#include "compiler/equalize/shift_equalizer.h"
#include "compiler/ir/passes/graph_edit.h"

namespace evenshift::compiler {
namespace {

/// The factors of one bundle, from the weights as upstream bundles have left them.
class BundleFactors {
 public:
  BundleFactors(const Graph& graph, const ActivationStatistics& statistics, const ScaleGroups& groups,
                const FactorizationOptions& options, const std::vector<std::size_t>& bundle)
      : graph_(graph), statistics_(statistics), groups_(groups), options_(options) {
    if (options.two_step)
      for (const std::size_t group : bundle) importances_[group] = importance(groups.groups()[group]);
    std::set<ValueId> values;
    for (const std::size_t group : bundle)
      for (const ValueChannel& member : groups.groups()[group].members) values.insert(member.value);
    for (const ValueId value : values) {
      double& greatest = activation_range_[groups.range_classes()[index_of(value)]];
      const std::vector<double>& high = statistics.values[index_of(value)].high;
      for (std::size_t c = 0; c < high.size(); ++c) greatest = std::max(greatest, high[c] * importance_of(value, c));
      const std::int64_t producer = graph.producer(value);
      if (producer >= 0 && std::holds_alternative<Conv>(graph.nodes[index_of(producer)].op))
        add_weights(index_of(producer));
    }
  }

  [[nodiscard]] double factor(const ScaleGroup& group) const {
    double factor = options_.largest_factor;
    for (const auto [node, channel] : group.producers) {
      const double range = weight_ranges_.at(node)[index_of(channel)];
      const double greatest = weight_range_.at(node);
      if (range > 0 && greatest > 0) factor = std::min(factor, greatest / range);
    }
    for (const ValueChannel& member : group.members) factor = std::min(factor, activation_limit(member));
    factor = std::clamp(factor, group.bounds.least, group.bounds.most);
    return options_.power_of_two ? power_of_two_factor(factor, group.bounds, true) : factor;
  }

 private:
  /// r_c: the greatest share of a reader's weight range, and no less than what the channel can be lowered to.
  double importance(const ScaleGroup& group) {
    double share = group.bounds.least;
    for (const auto [node, channel] : group.readers) {
      auto [ranges, is_new] = reader_ranges_.try_emplace(node);
      if (is_new) ranges->second = input_channel_ranges(std::get<Conv>(graph_.nodes[node].op));
      const double whole = *std::ranges::max_element(ranges->second);
      if (whole > 0) share = std::max(share, ranges->second[index_of(channel)] / whole);
    }
    return share;
  }

  [[nodiscard]] double importance_of(ValueId value, std::size_t channel) const {
    const auto group = groups_.group_of(value, static_cast<std::int64_t>(channel));
    return group && options_.two_step ? importances_.at(*group) : 1;
  }

  void add_weights(std::size_t node) {
    const std::vector<double>& ranges = weight_ranges_[node] = channel_ranges(std::get<Conv>(graph_.nodes[node].op));
    double& greatest = weight_range_[node];
    for (std::size_t c = 0; c < ranges.size(); ++c)
      greatest = std::max(greatest, ranges[c] * importance_of(graph_.nodes[node].output, c));
  }

  [[nodiscard]] double activation_limit(const ValueChannel& member) const {
    const double whole = activation_range_.at(groups_.range_classes()[index_of(member.value)]);
    double limit = std::numeric_limits<double>::infinity();
    if (whole <= 0) return limit;
    const std::size_t channel = index_of(member.channel);
    const double high = statistics_.values[index_of(member.value)].high[channel];
    if (high > 0) limit = whole / high;
    const double low =
        (options_.limit_before_activation ? statistics_.before_clamp : statistics_.values)[index_of(member.value)]
            .low[channel];
    if (low < 0) limit = std::min(limit, std::max(1.0, whole / -low));
    return limit;
  }

  const Graph& graph_;
  const ActivationStatistics& statistics_;
  const ScaleGroups& groups_;
  const FactorizationOptions& options_;
  std::map<std::size_t, double> importances_;                 ///< r by group
  std::map<std::size_t, std::vector<double>> reader_ranges_;  ///< by node
  std::map<std::size_t, double> activation_range_;            ///< A* by range class
  std::map<std::size_t, std::vector<double>> weight_ranges_;  ///< K_c by node
  std::map<std::size_t, double> weight_range_;                ///< K* by node
};

}  // namespace

EqualizedGraph factorize_weights(const Graph& graph, const ActivationStatistics& statistics,
                                 const FactorizationOptions& options) {
  check_equal(statistics.values.size(), graph.values.size(), "statistics of values");
  const ScaleGroups groups(graph, statistics, options.clamp_rule);
  EqualizedGraph result{graph, statistics, {}};
  std::vector<double> factors(groups.groups().size(), 1.0);
  for (const std::vector<std::size_t>& bundle : groups.bundles()) {
    const BundleFactors of_bundle(result.graph, result.statistics, groups, options, bundle);
    for (const std::size_t group : bundle) factors[group] = of_bundle.factor(groups.groups()[group]);
    for (const std::size_t group : bundle) {
      scale_weights(result.graph, groups.groups()[group], factors[group]);
      scale_statistics(result.statistics, groups.groups()[group], factors[group]);
    }
  }
  result.convs = report_factors(graph, result.graph, groups, factors);
  return result;
}

}  // namespace evenshift::compiler

#include "compiler/equalize/cross_layer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <span>

#include "arch/base/check.h"
#include "compiler/ir/passes/graph_edit.h"

namespace evenshift::compiler {
namespace {

/// max |W[out][in]| over the kernel's taps of every pair of channels in a conv, in both orders.
struct TapMaxima {
  std::size_t inputs = 0;         ///< of a group
  std::size_t outputs = 0;        ///< of a group
  std::vector<double> by_output;  ///< [output][input of the group]
  std::vector<double> by_input;   ///< [input][output of the group]

  explicit TapMaxima(const Conv& conv) : outputs(index_of(conv.output_channels / conv.groups)) {
    const std::size_t taps = index_of(conv.window.kernel_height * conv.window.kernel_width);
    inputs = conv.weights.size() / index_of(conv.output_channels) / taps;
    for (std::size_t first = 0; first < conv.weights.size(); first += taps) {
      double greatest = 0;
      for (const float weight : std::span(conv.weights).subspan(first, taps))
        greatest = std::max(greatest, std::abs(static_cast<double>(weight)));
      by_output.push_back(greatest);
    }
    for (std::size_t input = 0; input < index_of(conv.groups) * inputs; ++input)
      for (std::size_t o = 0; o < outputs; ++o)
        by_input.push_back(by_output[(input / inputs * outputs + o) * inputs + input % inputs]);
  }
};

/// Greatest product of two rows of numbers >= 0, in lanes that compilers vectorize.
double greatest_product(std::span<const double> a, std::span<const double> b) {
  constexpr std::size_t kLanes = 8;
  std::array<double, kLanes> greatest{};
  const auto take = [&](std::size_t lane, double product) {
    greatest[lane] = product > greatest[lane] ? product : greatest[lane];
  };
  std::size_t i = 0;
  for (; i + kLanes <= a.size(); i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) take(lane, a[i + lane] * b[i + lane]);
  for (; i < a.size(); ++i) take(0, a[i] * b[i]);
  return *std::ranges::max_element(greatest);
}

bool has_one_filter_a_channel(const Conv& conv, const TapMaxima& maxima) {
  return maxima.inputs == 1 && conv.output_channels == conv.groups;
}

/// The factors so far, and the ranges that weights have under them.
class Equalizer {
 public:
  Equalizer(const Graph& graph, const ActivationStatistics& statistics, const CrossLayerOptions& options)
      : graph_(graph),
        options_(options),
        groups_(graph, statistics, options.clamp_rule),
        factors_(groups_.groups().size(), 1.0),
        next_(factors_.size()) {
    for (std::size_t node = 0; node < graph.nodes.size(); ++node)
      if (const auto* conv = std::get_if<Conv>(&graph.nodes[node].op)) maxima_.emplace(node, TapMaxima(*conv));
    for (const Value& value : graph.values) channel_factors_.emplace_back(index_of(value.shape.channels), 1.0);
    channel_inverses_ = channel_factors_;
    for (const ScaleGroup& group : groups_.groups()) {
      bounds_.push_back(group.bounds);
      bounds_.back().intersect({1 / options.largest_factor, options.largest_factor});
      takes_part_.push_back(takes_part(group));
    }
    if (options.keep_activation_ranges) bound_activations(statistics);
    for (std::size_t group = 0; group < factors_.size(); ++group) next_[group] = find_next(group);
  }

  /// Rounds until the factors stand.
  void run() {
    for (int round = 0; round < options_.most_rounds; ++round) {
      double farthest = 0;
      for (std::size_t group = 0; group < factors_.size(); ++group)
        if (takes_part_[group]) farthest = std::max(farthest, step(group));
      if (farthest <= options_.tolerance) break;
    }
    if (!options_.power_of_two) return;
    for (std::size_t group = 0; group < factors_.size(); ++group)
      factors_[group] = power_of_two_factor(factors_[group], bounds_[group], false);
  }

  [[nodiscard]] const ScaleGroups& groups() const { return groups_; }
  [[nodiscard]] const std::vector<double>& factors() const { return factors_; }

 private:
  /// Whether the group is to be equalized; under factors of 1.
  [[nodiscard]] bool takes_part(const ScaleGroup& group) const {
    if (!options_.shared_channels && (group.producers.size() != 1 || group.readers.size() != 1)) return false;
    constexpr double kDead = 0x1p-20;
    const auto is_alive = [&](const ConvChannel& channel, double range) {
      return range > kDead * std::ranges::max(maxima_.at(channel.node).by_output);
    };
    const bool is_produced =
        std::ranges::any_of(group.producers, [&](const auto& by) { return is_alive(by, output_range(by)); });
    const bool is_read =
        std::ranges::any_of(group.readers, [&](const auto& by) { return is_alive(by, input_range(by)); });
    return is_read && (is_produced || options_.keep_activation_ranges);
  }

  /// The group behind the depthwise conv that alone reads `group`: the second pair of three layers.
  [[nodiscard]] std::optional<std::size_t> find_next(std::size_t group) const {
    const std::vector<ConvChannel>& readers = groups_.groups()[group].readers;
    if (readers.size() != 1) return std::nullopt;
    const Node& node = graph_.nodes[readers[0].node];
    if (!has_one_filter_a_channel(std::get<Conv>(node.op), maxima_.at(readers[0].node))) return std::nullopt;
    const auto next = groups_.group_of(node.output, readers[0].channel);
    if (!next || *next == group || !takes_part_[*next] || groups_.groups()[*next].producers.size() != 1)
      return std::nullopt;
    return next;
  }

  void bound_activations(const ActivationStatistics& statistics) {
    check(!statistics.values.empty(), "activation ranges are kept only where they are known");
    const auto magnitude = [&](ValueId value, std::size_t channel) {
      const ChannelStatistics& of_value = statistics.values[index_of(value)];
      return std::max(std::abs(of_value.low[channel]), std::abs(of_value.high[channel]));
    };
    std::map<std::size_t, double> whole;
    for (std::size_t id = 0; id < graph_.values.size(); ++id)
      for (std::size_t c = 0; c < index_of(graph_.values[id].shape.channels); ++c) {
        double& greatest = whole[groups_.range_classes()[id]];
        greatest = std::max(greatest, magnitude(static_cast<ValueId>(id), c));
      }
    for (std::size_t group = 0; group < bounds_.size(); ++group)
      for (const auto [value, channel] : groups_.groups()[group].members)
        if (const double own = magnitude(value, index_of(channel)); own > 0)
          bounds_[group].intersect({0, whole[groups_.range_classes()[index_of(value)]] / own});
  }

  /// max |W[out = c]| under the factors.
  [[nodiscard]] double output_range(const ConvChannel& producer) const {
    const Node& node = graph_.nodes[producer.node];
    const TapMaxima& maxima = maxima_.at(producer.node);
    const std::size_t channel = index_of(producer.channel);
    const std::size_t first_input = channel / maxima.outputs * maxima.inputs;
    return channel_factors_[index_of(node.output)][channel] *
           greatest_product(std::span(maxima.by_output).subspan(channel * maxima.inputs, maxima.inputs),
                            std::span(channel_inverses_[index_of(node.inputs[0])]).subspan(first_input, maxima.inputs));
  }

  /// max |W[in = c]| under the factors.
  [[nodiscard]] double input_range(const ConvChannel& reader) const {
    const Node& node = graph_.nodes[reader.node];
    const TapMaxima& maxima = maxima_.at(reader.node);
    const std::size_t channel = index_of(reader.channel);
    const std::size_t first_output = channel / maxima.inputs * maxima.outputs;
    return channel_inverses_[index_of(node.inputs[0])][channel] *
           greatest_product(std::span(maxima.by_input).subspan(channel * maxima.outputs, maxima.outputs),
                            std::span(channel_factors_[index_of(node.output)]).subspan(first_output, maxima.outputs));
  }

  [[nodiscard]] double produced_range(std::size_t group) const {
    double greatest = 0;
    for (const ConvChannel& producer : groups_.groups()[group].producers)
      greatest = std::max(greatest, output_range(producer));
    return greatest;
  }

  [[nodiscard]] double read_range(std::size_t group) const {
    double greatest = 0;
    for (const ConvChannel& reader : groups_.groups()[group].readers)
      greatest = std::max(greatest, input_range(reader));
    return greatest;
  }

  [[nodiscard]] bool allows(std::size_t group, double factor) const {
    return factor >= bounds_[group].least && factor <= bounds_[group].most;
  }

  /// Multiplies a factor as far as its bounds allow; returns how far from 1 by.
  double move(std::size_t group, double by) {
    const double factor = std::clamp(factors_[group] * by, bounds_[group].least, bounds_[group].most);
    const double moved = std::abs(factor / factors_[group] - 1);
    factors_[group] = factor;
    for (const auto [value, channel] : groups_.groups()[group].members) {
      channel_factors_[index_of(value)][index_of(channel)] = factor;
      channel_inverses_[index_of(value)][index_of(channel)] = 1 / factor;
    }
    return moved;
  }

  double step(std::size_t group) {
    const double produced = produced_range(group);
    const double read = read_range(group);
    if (read == 0) return 0;
    if (produced == 0) return move(group, options_.largest_factor);
    if (const auto next = next_[group])
      if (const double last = read_range(*next); last > 0) {
        const double mean = cube_root(produced) * cube_root(read) * cube_root(last);
        if (allows(group, factors_[group] * mean / produced) && allows(*next, factors_[*next] * last / mean))
          return std::max(move(group, mean / produced), move(*next, last / mean));
      }
    return move(group, std::sqrt(read / produced));
  }

  const Graph& graph_;
  const CrossLayerOptions& options_;
  const ScaleGroups groups_;
  std::map<std::size_t, TapMaxima> maxima_;            ///< by node
  std::vector<std::vector<double>> channel_factors_;   ///< by value and channel
  std::vector<std::vector<double>> channel_inverses_;  ///< one by one, 1 / factor
  std::vector<FactorBounds> bounds_;                   ///< by group, as all below
  std::vector<bool> takes_part_;
  std::vector<double> factors_;
  std::vector<std::optional<std::size_t>> next_;
};

}  // namespace

EqualizedGraph equalize_across_layers(const Graph& graph, const ActivationStatistics& statistics,
                                      const CrossLayerOptions& options) {
  Equalizer equalizer(graph, statistics, options);
  equalizer.run();
  EqualizedGraph result{graph, statistics, {}};
  const std::vector<ScaleGroup>& groups = equalizer.groups().groups();
  for (std::size_t i = 0; i < groups.size(); ++i) {
    scale_weights(result.graph, groups[i], equalizer.factors()[i]);
    scale_statistics(result.statistics, groups[i], equalizer.factors()[i]);
  }
  result.convs = report_factors(graph, result.graph, equalizer.groups(), equalizer.factors());
  return result;
}

double cube_root(double x) {
  if (x <= 0) return 0;
  int exponent = 0;
  double fraction = std::frexp(x, &exponent);
  while (exponent % 3 != 0) {
    fraction /= 2;
    ++exponent;
  }
  double root = 0.75;  // of a number from 1/8 to 1
  for (int i = 0; i < 7; ++i) root = (2 * root + fraction / (root * root)) / 3;
  return std::ldexp(root, exponent / 3);
}

}  // namespace evenshift::compiler

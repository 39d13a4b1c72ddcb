#include "compiler/equalize/absorb_bias.h"

#include <algorithm>

#include "arch/base/check.h"
#include "compiler/ir/passes/graph_edit.h"

namespace evenshift::compiler {
namespace {

bool has_padding(const Window& window) {
  return window.pad_top > 0 || window.pad_left > 0 || window.pad_bottom > 0 || window.pad_right > 0;
}

/// A value that holds the channels, from `offset`.
struct Holder {
  ValueId value = -1;
  std::int64_t offset = 0;
};

/// A conv that reads the channels, from `offset`.
struct Reader {
  std::size_t node = 0;
  std::int64_t offset = 0;
};

/// Where the channels of a value go.
struct Spread {
  std::vector<Holder> holders;
  std::vector<Reader> readers;
};

/// Follows the channels; false where something reads them that does not carry a constant on, and where their codes are
/// given.
bool follow(const Graph& graph, Holder at, bool allow_padding, Spread& spread) {
  if (graph.is_output(at.value) || graph.value(at.value).quant) return false;
  spread.holders.push_back(at);
  std::vector<std::int64_t> nodes = graph.consumers(at.value);
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  for (const std::int64_t index : nodes) {
    const Node& node = graph.nodes[index_of(index)];
    if (const auto* conv = std::get_if<Conv>(&node.op)) {
      if (has_padding(conv->window) && !allow_padding) return false;
      spread.readers.push_back({index_of(index), at.offset});
      continue;
    }
    if (std::holds_alternative<Concat>(node.op)) {
      std::int64_t offset = at.offset;
      for (const ValueId input : node.inputs) {
        if (input == at.value && !follow(graph, {node.output, offset}, allow_padding, spread)) return false;
        offset += graph.value(input).shape.channels;
      }
      continue;
    }
    const auto* average = std::get_if<AveragePool>(&node.op);
    const bool carries = std::holds_alternative<MaxPool>(node.op) || std::holds_alternative<Resize>(node.op) ||
                         (average != nullptr && average->clamp.is_identity() && !has_padding(average->window));
    if (!carries || !follow(graph, {node.output, at.offset}, allow_padding, spread)) return false;
  }
  return true;
}

void add_to_bias(Conv& conv, std::size_t input, double amount) {
  const std::size_t taps = index_of(conv.window.kernel_height * conv.window.kernel_width);
  const std::size_t inputs = conv.weights.size() / index_of(conv.output_channels) / taps;
  const std::size_t outputs = index_of(conv.output_channels / conv.groups);
  const std::size_t first_output = input / inputs * outputs;
  for (std::size_t o = first_output; o < first_output + outputs; ++o) {
    double sum = 0;
    for (std::size_t tap = 0; tap < taps; ++tap) sum += conv.weights[(o * inputs + input % inputs) * taps + tap];
    conv.bias[o] = static_cast<float>(conv.bias[o] + sum * amount);
  }
}

double amount_of(const Clamp& clamp, const ChannelStatistics& before, std::size_t channel, AbsorptionBound bound) {
  if (before.high[channel] > clamp.high) return 0;
  return std::max(0.0, bound == AbsorptionBound::least ? before.low[channel]
                                                       : before.mean[channel] - 3 * before.deviation[channel]);
}

/// What is left of the statistics of a channel that was at least 0.
void lower(ChannelStatistics& statistics, std::size_t channel, double amount, double least) {
  statistics.low[channel] = std::max(least, statistics.low[channel] - amount);
  statistics.high[channel] = std::max(least, statistics.high[channel] - amount);
  statistics.mean[channel] = std::max(least, statistics.mean[channel] - amount);
}

}  // namespace

AbsorbedGraph absorb_bias(const Graph& graph, const ActivationStatistics& statistics,
                          const AbsorptionOptions& options) {
  check_equal(statistics.values.size(), graph.values.size(), "statistics of values");
  constexpr double kNone = -std::numeric_limits<double>::infinity();
  AbsorbedGraph result{graph, statistics, {}};
  for (std::size_t index = 0; index < graph.nodes.size(); ++index) {
    const Node& node = graph.nodes[index];
    auto* conv = std::get_if<Conv>(&result.graph.nodes[index].op);
    Spread spread;
    if (conv == nullptr || conv->clamp.low != 0 || !follow(graph, {node.output, 0}, options.allow_padding, spread))
      continue;
    AbsorbedBias absorbed{node.name, std::vector<double>(conv->bias.size(), 0.0)};
    for (std::size_t c = 0; c < conv->bias.size(); ++c) {
      const double amount =
          amount_of(conv->clamp, result.statistics.before_clamp[index_of(node.output)], c, options.bound);
      if (amount == 0) continue;
      absorbed.amounts[c] = amount;
      conv->bias[c] = static_cast<float>(conv->bias[c] - amount);
      for (const Reader& reader : spread.readers)
        add_to_bias(std::get<Conv>(result.graph.nodes[reader.node].op), index_of(reader.offset) + c, amount);
      for (const Holder& holder : spread.holders) {
        const std::size_t channel = index_of(holder.offset) + c;
        lower(result.statistics.values[index_of(holder.value)], channel, amount, 0);
        lower(result.statistics.before_clamp[index_of(holder.value)], channel, amount,
              holder.value == node.output ? kNone : 0);
      }
    }
    if (std::ranges::any_of(absorbed.amounts, [](double amount) { return amount > 0; }))
      result.convs.push_back(std::move(absorbed));
  }
  return result;
}

}  // namespace evenshift::compiler

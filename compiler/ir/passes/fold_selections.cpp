#include "compiler/ir/passes/fold_selections.h"

#include <algorithm>

#include "compiler/ir/passes/graph_edit.h"

namespace evenshift::compiler {
namespace {

/// Which input channel each output channel is; nothing where the conv does anything else.
std::optional<std::vector<std::size_t>> selection(const Operator& op) {
  const auto* conv = std::get_if<Conv>(&op);
  if (conv == nullptr || conv->window != Window{} || conv->groups != 1 || !conv->clamp.is_identity())
    return std::nullopt;
  if (uniform(conv->bias) != 0.0) return std::nullopt;
  const std::size_t inputs = conv->weights.size() / conv->bias.size();
  std::vector<std::size_t> channels;
  for (std::size_t c = 0; c < conv->bias.size(); ++c) {
    const auto row = conv->weights.begin() + static_cast<std::ptrdiff_t>(c * inputs);
    const auto end = row + static_cast<std::ptrdiff_t>(inputs);
    const auto one = std::find_if(row, end, [](float weight) { return weight != 0; });
    if (one == end || *one != 1 || std::any_of(one + 1, end, [](float weight) { return weight != 0; }))
      return std::nullopt;
    channels.push_back(static_cast<std::size_t>(one - row));
  }
  return channels;
}

bool is_everything(const std::vector<std::size_t>& channels, std::int64_t inputs) {
  if (channels.size() != index_of(inputs)) return false;
  for (std::size_t c = 0; c < channels.size(); ++c)
    if (channels[c] != c) return false;
  return true;
}

bool fold_into_producer(Graph& graph, std::size_t index, const std::vector<std::size_t>& channels) {
  const auto producer = private_producer(graph, index);
  auto* conv = producer ? std::get_if<Conv>(&graph.nodes[*producer].op) : nullptr;
  if (conv == nullptr || conv->groups != 1) return false;
  const auto row = static_cast<std::ptrdiff_t>(conv->weights.size() / conv->bias.size());
  std::vector<float> weights, bias;
  for (const std::size_t channel : channels) {
    const auto first = conv->weights.begin() + static_cast<std::ptrdiff_t>(channel) * row;
    weights.insert(weights.end(), first, first + row);
    bias.push_back(conv->bias[channel]);
  }
  conv->weights = std::move(weights);
  conv->bias = std::move(bias);
  conv->output_channels = static_cast<std::int64_t>(channels.size());
  merge_into_producer(graph, index);
  return true;
}

bool fold_into_reader(Node& node, const std::vector<std::size_t>& channels, std::size_t inputs) {
  auto* conv = std::get_if<Conv>(&node.op);
  if (conv == nullptr || conv->groups != 1) return false;
  const auto taps = index_of(conv->window.kernel_height * conv->window.kernel_width);
  if (taps > 1 && inputs > channels.size()) return false;
  std::vector<float> weights(conv->bias.size() * inputs * taps, 0.0f);
  for (std::size_t c = 0; c < conv->bias.size(); ++c)
    for (std::size_t i = 0; i < channels.size(); ++i)
      for (std::size_t k = 0; k < taps; ++k)
        weights[(c * inputs + channels[i]) * taps + k] += conv->weights[(c * channels.size() + i) * taps + k];
  conv->weights = std::move(weights);
  return true;
}

}  // namespace

bool fold_selections(Graph& graph) {
  bool changed = false;
  for (std::size_t i = 0; i < graph.nodes.size();) {
    const auto channels = selection(graph.nodes[i].op);
    const Shape& source = graph.value(graph.nodes[i].inputs[0]).shape;
    if (channels && is_everything(*channels, source.channels) && bypass(graph, i)) {
      changed = true;
      continue;
    }
    if (channels && fold_into_producer(graph, i, *channels)) {
      changed = true;
      continue;
    }
    if (channels) {
      const ValueId input = graph.nodes[i].inputs[0];
      const auto inputs = index_of(graph.value(input).shape.channels);
      for (const std::int64_t reader : graph.consumers(graph.nodes[i].output)) {
        Node& next = graph.nodes[index_of(reader)];
        if (!fold_into_reader(next, *channels, inputs)) continue;
        next.inputs[0] = input;
        changed = true;
      }
    }
    ++i;
  }
  return changed;
}

}  // namespace evenshift::compiler

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

template <typename T>
std::vector<T> picked(const std::vector<T>& numbers, const std::vector<std::size_t>& channels, std::size_t each) {
  std::vector<T> result;
  result.reserve(channels.size() * each);
  for (const std::size_t channel : channels) {
    const auto first = numbers.begin() + static_cast<std::ptrdiff_t>(channel * each);
    result.insert(result.end(), first, first + static_cast<std::ptrdiff_t>(each));
  }
  return result;
}

/// Weights [outputs][channels.size()][taps] with input i moved to channels[i] of `inputs`, zeros elsewhere.
template <typename T>
std::vector<T> moved_columns(const std::vector<T>& weights, const std::vector<std::size_t>& channels,
                             std::size_t inputs, std::size_t taps) {
  const std::size_t outputs = weights.size() / channels.size() / taps;
  std::vector<T> result(outputs * inputs * taps, T{0});
  for (std::size_t c = 0; c < outputs; ++c)
    for (std::size_t i = 0; i < channels.size(); ++i)
      for (std::size_t k = 0; k < taps; ++k)
        result[(c * inputs + channels[i]) * taps + k] = static_cast<T>(result[(c * inputs + channels[i]) * taps + k] +
                                                                       weights[(c * channels.size() + i) * taps + k]);
  return result;
}

bool is_repeating(std::vector<std::size_t> channels) {
  std::ranges::sort(channels);
  return std::ranges::adjacent_find(channels) != channels.end();
}

bool fold_into_producer(Graph& graph, std::size_t index, const std::vector<std::size_t>& channels) {
  const auto producer = private_producer(graph, index);
  auto* conv = producer ? std::get_if<Conv>(&graph.nodes[*producer].op) : nullptr;
  if (conv == nullptr || conv->groups != 1) return false;
  const std::size_t row = conv->weights.size() / conv->bias.size();
  conv->weights = picked(conv->weights, channels, row);
  conv->bias = picked(conv->bias, channels, 1);
  if (conv->codes) {
    ConvCodes& codes = *conv->codes;
    codes.weights = picked(codes.weights, channels, row);
    codes.scales = picked(codes.scales, channels, 1);
    if (!codes.bias.empty()) codes.bias = picked(codes.bias, channels, 1);
    if (!codes.bias_scales.empty()) codes.bias_scales = picked(codes.bias_scales, channels, 1);
  }
  conv->output_channels = static_cast<std::int64_t>(channels.size());
  merge_into_producer(graph, index);
  return true;
}

bool fold_into_reader(Node& node, const std::vector<std::size_t>& channels, std::size_t inputs) {
  auto* conv = std::get_if<Conv>(&node.op);
  if (conv == nullptr || conv->groups != 1) return false;
  const auto taps = index_of(conv->window.kernel_height * conv->window.kernel_width);
  if (taps > 1 && inputs > channels.size()) return false;
  if (conv->codes && is_repeating(channels)) return false;
  conv->weights = moved_columns(conv->weights, channels, inputs, taps);
  if (conv->codes) conv->codes->weights = moved_columns(conv->codes->weights, channels, inputs, taps);
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

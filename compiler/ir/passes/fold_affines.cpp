#include "compiler/ir/passes/fold_affines.h"

#include <algorithm>
#include <cmath>

#include "compiler/ir/passes/graph_edit.h"

namespace evenshift::compiler {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double mapped(double bound, double scale, double offset) {
  return bound == kInfinity || bound == -kInfinity ? bound * scale : bound * scale + offset;
}

/// The interval that a clamp becomes behind an affine; nothing where it differs from channel to channel.
std::optional<Clamp> clamp_behind(const Clamp& clamp, const Affine& affine) {
  if (clamp.is_identity()) return clamp;
  std::optional<Clamp> common;
  for (std::size_t c = 0; c < affine.scale.size(); ++c) {
    const double scale = affine.scale[c], offset = affine.offset[c];
    if (scale == 0) return std::nullopt;
    Clamp mine{mapped(clamp.low, scale, offset), mapped(clamp.high, scale, offset)};
    if (scale < 0) std::swap(mine.low, mine.high);
    if (common && !(*common == mine)) return std::nullopt;
    common = mine;
  }
  return common;
}

/// Scales the codes' steps, of which the sign goes into the codes; false where a code or a step cannot take it.
bool scale_codes(ConvCodes& codes, const Affine& affine) {
  ConvCodes scaled = codes;
  const std::size_t row = codes.weights.size() / codes.scales.size();
  for (std::size_t c = 0; c < codes.scales.size(); ++c) {
    scaled.scales[c] *= std::abs(static_cast<double>(affine.scale[c]));
    if (!(scaled.scales[c] > 0)) return false;
    if (affine.scale[c] > 0) continue;
    for (std::size_t k = c * row; k < (c + 1) * row; ++k) {
      if (codes.weights[k] == -128) return false;
      scaled.weights[k] = static_cast<std::int8_t>(-codes.weights[k]);
    }
  }
  scaled.bias.clear();
  scaled.bias_scales.clear();
  codes = std::move(scaled);
  return true;
}

bool fold_into_producer(Graph& graph, std::size_t index) {
  const auto producer = private_producer(graph, index);
  if (!producer) return false;
  const auto affine = std::get<Affine>(graph.nodes[index].op);
  Node& before = graph.nodes[*producer];
  if (auto* first = std::get_if<Affine>(&before.op)) {
    for (std::size_t c = 0; c < affine.scale.size(); ++c) {
      first->scale[c] = static_cast<float>(static_cast<double>(first->scale[c]) * affine.scale[c]);
      first->offset[c] = static_cast<float>(static_cast<double>(first->offset[c]) * affine.scale[c] + affine.offset[c]);
    }
  } else if (auto* conv = std::get_if<Conv>(&before.op)) {
    const auto clamp = clamp_behind(conv->clamp, affine);
    if (!clamp || (conv->codes && !scale_codes(*conv->codes, affine))) return false;
    const std::size_t row = conv->weights.size() / affine.scale.size();
    for (std::size_t c = 0; c < affine.scale.size(); ++c) {
      const double scale = affine.scale[c];
      for (std::size_t k = c * row; k < (c + 1) * row; ++k)
        conv->weights[k] = static_cast<float>(conv->weights[k] * scale);
      conv->bias[c] = static_cast<float>(conv->bias[c] * scale + affine.offset[c]);
    }
    conv->clamp = *clamp;
    require_finite(before, *conv);
  } else {
    return false;
  }
  merge_into_producer(graph, index);
  return true;
}

bool accepts_affine(const Node& node, bool has_offset) {
  const auto* conv = std::get_if<Conv>(&node.op);
  if (conv == nullptr || conv->codes) return false;
  const Window& w = conv->window;
  return !has_offset || (w.pad_top == 0 && w.pad_left == 0 && w.pad_bottom == 0 && w.pad_right == 0);
}

void fold_into_reader(const Affine& affine, const Shape& input, Node& node) {
  auto& conv = std::get<Conv>(node.op);
  const auto taps = index_of(conv.window.kernel_height * conv.window.kernel_width);
  const auto group_inputs = index_of(input.channels / conv.groups);
  const auto group_outputs = index_of(conv.output_channels / conv.groups);
  for (std::size_t c = 0; c < conv.bias.size(); ++c) {
    double bias = conv.bias[c];
    for (std::size_t i = 0; i < group_inputs; ++i) {
      const std::size_t channel = c / group_outputs * group_inputs + i;
      for (std::size_t k = 0; k < taps; ++k) {
        float& weight = conv.weights[(c * group_inputs + i) * taps + k];
        bias += static_cast<double>(weight) * affine.offset[channel];
        weight = static_cast<float>(static_cast<double>(weight) * affine.scale[channel]);
      }
    }
    conv.bias[c] = static_cast<float>(bias);
  }
  require_finite(node, conv);
}

bool fold_into_readers(Graph& graph, std::size_t index) {
  const Node& node = graph.nodes[index];
  const auto affine = std::get<Affine>(node.op);
  const ValueId input = node.inputs[0];
  const bool has_offset = uniform(affine.offset) != 0.0;
  const std::vector<std::int64_t> readers = graph.consumers(node.output);
  if (graph.is_output(node.output) || readers.empty()) return false;
  for (const std::int64_t reader : readers)
    if (!accepts_affine(graph.nodes[index_of(reader)], has_offset)) return false;
  for (const std::int64_t reader : readers) {
    Node& conv = graph.nodes[index_of(reader)];
    fold_into_reader(affine, graph.value(input).shape, conv);
    conv.inputs[0] = input;
  }
  graph.nodes.erase(graph.nodes.begin() + static_cast<std::ptrdiff_t>(index));
  return true;
}

}  // namespace

bool fold_affines(Graph& graph) {
  bool changed = false;
  for (std::size_t i = 0; i < graph.nodes.size();) {
    const bool folded = std::holds_alternative<Affine>(graph.nodes[i].op) &&
                        (fold_into_producer(graph, i) || fold_into_readers(graph, i));
    changed |= folded;
    if (!folded) ++i;
  }
  return changed;
}

bool convert_affines(Graph& graph) {
  bool changed = false;
  for (Node& node : graph.nodes) {
    auto* affine = std::get_if<Affine>(&node.op);
    if (affine == nullptr) continue;
    Conv conv;
    conv.groups = conv.output_channels = graph.value(node.inputs[0]).shape.channels;
    conv.weights = std::move(affine->scale);
    conv.bias = std::move(affine->offset);
    require_finite(node, conv);
    node.op = std::move(conv);
    changed = true;
  }
  return changed;
}

bool fold_hard_sigmoids(Graph& graph) {
  bool changed = false;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const auto* activation = std::get_if<Activation>(&graph.nodes[i].op);
    if (activation == nullptr || activation->function != Function::hard_sigmoid) continue;
    const auto producer = private_producer(graph, i);
    if (!producer) continue;
    auto* conv = std::get_if<Conv>(&graph.nodes[*producer].op);
    if (conv == nullptr || !conv->clamp.is_identity() || conv->codes) continue;
    for (float& weight : conv->weights) weight = static_cast<float>(weight * activation->alpha);
    for (float& bias : conv->bias) bias = static_cast<float>(bias * activation->alpha + activation->beta);
    conv->clamp = {0, 1};
    require_finite(graph.nodes[*producer], *conv);
    merge_into_producer(graph, i--);
    changed = true;
  }
  return changed;
}

}  // namespace evenshift::compiler

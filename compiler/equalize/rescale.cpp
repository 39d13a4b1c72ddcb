#include "compiler/equalize/rescale.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "compiler/equalize/shift_equalizer.h"
#include "compiler/ir/passes/graph_edit.h"

namespace evenshift::compiler {
namespace {

void multiply(std::span<float> numbers, double factor) {
  for (float& number : numbers) number = static_cast<float>(number * factor);
}

double evenness(const Conv& conv) {
  const std::vector<double> ranges = channel_ranges(conv);
  const double greatest = *std::ranges::max_element(ranges);
  double sum = 0;
  double alive = 0;
  for (const double range : ranges) {
    if (range == 0) continue;
    sum += range / greatest;
    alive += 1;
  }
  return alive > 0 ? sum / alive : 1;
}

/// Of one input channel: where the kernels that read it are.
struct ReadingKernels {
  std::size_t first_output, outputs, inputs_per_group, column, taps;

  ReadingKernels(const Conv& conv, std::size_t channel)
      : outputs(index_of(conv.output_channels / conv.groups)),
        inputs_per_group(conv.weights.size() /
                         index_of(conv.output_channels * conv.window.kernel_height * conv.window.kernel_width)),
        taps(index_of(conv.window.kernel_height * conv.window.kernel_width)) {
    first_output = channel / inputs_per_group * outputs;
    column = channel % inputs_per_group;
  }

  template <typename Weights>
  auto kernel(Weights& weights, std::size_t i) const {
    return std::span(weights).subspan(((first_output + i) * inputs_per_group + column) * taps, taps);
  }
};

}  // namespace

std::vector<double> input_channel_ranges(const Conv& conv) {
  const std::size_t inputs = index_of(conv.groups) * ReadingKernels(conv, 0).inputs_per_group;
  std::vector<double> ranges(inputs, 0.0);
  for (std::size_t channel = 0; channel < inputs; ++channel) {
    const ReadingKernels kernels(conv, channel);
    for (std::size_t i = 0; i < kernels.outputs; ++i)
      for (const float weight : kernels.kernel(conv.weights, i))
        ranges[channel] = std::max(ranges[channel], std::abs(static_cast<double>(weight)));
  }
  return ranges;
}

void scale_weights(Graph& graph, const ScaleGroup& group, double factor) {
  for (const ConvChannel& producer : group.producers) {
    auto& conv = std::get<Conv>(graph.nodes[producer.node].op);
    const std::size_t reduction = conv.weights.size() / index_of(conv.output_channels);
    const std::size_t channel = index_of(producer.channel);
    multiply(std::span(conv.weights).subspan(channel * reduction, reduction), factor);
    multiply(std::span(conv.bias).subspan(channel, 1), factor);
  }
  for (const ConvChannel& reader : group.readers) {
    auto& conv = std::get<Conv>(graph.nodes[reader.node].op);
    const ReadingKernels kernels(conv, index_of(reader.channel));
    for (std::size_t i = 0; i < kernels.outputs; ++i) multiply(kernels.kernel(conv.weights, i), 1 / factor);
  }
}

void scale_statistics(ActivationStatistics& statistics, const ScaleGroup& group, double factor) {
  if (statistics.values.empty()) return;
  for (const auto [value, channel] : group.members)
    for (ChannelStatistics* of : {&statistics.values[index_of(value)], &statistics.before_clamp[index_of(value)]})
      for (std::vector<double>* numbers : {&of->low, &of->high, &of->mean, &of->deviation})
        (*numbers)[index_of(channel)] *= factor;
}

std::vector<ConvFactors> report_factors(const Graph& before, const Graph& after, const ScaleGroups& groups,
                                        const std::vector<double>& factors) {
  std::vector<ConvFactors> report;
  for (std::size_t i = 0; i < after.nodes.size(); ++i) {
    const Node& node = after.nodes[i];
    const auto* conv = std::get_if<Conv>(&node.op);
    if (conv == nullptr) continue;
    ConvFactors of_conv{node.name, {}, evenness(std::get<Conv>(before.nodes[i].op)), evenness(*conv)};
    for (std::int64_t c = 0; c < conv->output_channels; ++c) {
      const auto group = groups.group_of(node.output, c);
      of_conv.factors.push_back(group ? factors[*group] : 1);
    }
    report.push_back(std::move(of_conv));
  }
  return report;
}

}  // namespace evenshift::compiler

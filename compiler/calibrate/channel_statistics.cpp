#include "compiler/calibrate/channel_statistics.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "compiler/calibrate/calibration_images.h"
#include "compiler/calibrate/scan.h"
#include "compiler/ir/passes/graph_edit.h"

namespace evenshift::compiler {
namespace {

/// Of one image; `mean` holds sums and `deviation` sums of squares.
ChannelStatistics sums_of(std::span<const float> numbers, const Shape& shape) {
  ChannelStatistics sums;
  const auto pixels = static_cast<std::size_t>(shape.height * shape.width);
  for (std::size_t c = 0; c < static_cast<std::size_t>(shape.channels); ++c) {
    const std::span<const float> channel = numbers.subspan(c * pixels, pixels);
    const ValueRange extent = extent_of(channel);
    const Moments moments = moments_of(channel);
    sums.low.push_back(extent.low);
    sums.high.push_back(extent.high);
    sums.mean.push_back(moments.sum);
    sums.deviation.push_back(moments.squares);
  }
  return sums;
}

void accumulate(ChannelStatistics& total, const ChannelStatistics& image) {
  for (std::size_t c = 0; c < total.mean.size(); ++c) {
    total.low[c] = std::min(total.low[c], image.low[c]);
    total.high[c] = std::max(total.high[c], image.high[c]);
    total.mean[c] += image.mean[c];
    total.deviation[c] += image.deviation[c];
  }
}

void finish(ChannelStatistics& sums, double numbers) {
  for (std::size_t c = 0; c < sums.mean.size(); ++c) {
    sums.mean[c] /= numbers;
    sums.deviation[c] = std::sqrt(std::max(0.0, sums.deviation[c] / numbers - sums.mean[c] * sums.mean[c]));
  }
}

/// The graph with every fused clamp as a node of its own behind a new value, and by ValueId of the old graph where to
/// find what is before the clamp. Old values keep their ids.
struct SplitGraph {
  Graph graph;
  std::vector<ValueId> before_clamp;
};

SplitGraph split_clamps(const Graph& graph) {
  SplitGraph split{graph, {}};
  split.graph.nodes.clear();
  for (std::size_t id = 0; id < graph.values.size(); ++id) split.before_clamp.push_back(static_cast<ValueId>(id));
  for (Node node : graph.nodes) {
    const ValueId output = node.output;
    ValueId& before = split.before_clamp[static_cast<std::size_t>(output)];
    const auto* activation = std::get_if<Activation>(&node.op);
    if (activation != nullptr && activation->function == Function::clamp) before = node.inputs[0];
    Clamp* const fused = clamp_of(node.op);
    if (fused == nullptr || fused->is_identity()) {
      split.graph.nodes.push_back(std::move(node));
      continue;
    }
    const Value& value = graph.value(output);
    before = node.output = split.graph.add_value(value.name + "/before_clamp", value.shape, value.dimensions);
    Node clamp{node.name + "/clamp", Activation{Function::clamp, fused->low, fused->high}, {before}, output};
    *fused = {};
    split.graph.nodes.push_back(std::move(node));
    split.graph.nodes.push_back(std::move(clamp));
  }
  return split;
}

}  // namespace

std::vector<ChannelStatistics> channel_statistics(const Graph& graph, const CalibrationData& data,
                                                  const CalibrationOptions& options,
                                                  const CalibrationProgress& progress) {
  CalibrationImages images(graph, data, options.threads);
  CalibrationCounter counter(progress);
  std::vector<ChannelStatistics> statistics;
  parallel_reduce_ordered(
      images.count(), options.threads,
      [&](std::size_t image, int worker) {
        std::vector<ChannelStatistics> of_image(graph.values.size());
        images.visit(image, worker, [&](ValueId id, std::span<const float> numbers) {
          of_image[static_cast<std::size_t>(id)] = sums_of(numbers, graph.value(id).shape);
        });
        return of_image;
      },
      [&](std::size_t image, std::vector<ChannelStatistics> of_image) {
        if (image == 0)
          statistics = std::move(of_image);
        else
          for (std::size_t i = 0; i < statistics.size(); ++i) accumulate(statistics[i], of_image[i]);
        counter.image_done();
      },
      options.cancel);
  for (std::size_t i = 0; i < statistics.size(); ++i) {
    const Shape& shape = graph.values[i].shape;
    finish(statistics[i], static_cast<double>(shape.height * shape.width * data.count));
  }
  return statistics;
}

ActivationStatistics activation_statistics(const Graph& graph, const CalibrationData& data,
                                           const CalibrationOptions& options, const CalibrationProgress& progress) {
  const SplitGraph split = split_clamps(graph);
  ActivationStatistics statistics{channel_statistics(split.graph, data, options, progress), {}};
  for (const ValueId id : split.before_clamp)
    statistics.before_clamp.push_back(statistics.values[static_cast<std::size_t>(id)]);
  statistics.values.resize(graph.values.size());
  return statistics;
}

}  // namespace evenshift::compiler

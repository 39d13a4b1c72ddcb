#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "compiler/calibrate/channel_statistics.h"
#include "compiler/ir/graph.h"
#include "compiler/reference/float_evaluator.h"
#include "tests/compiler/reference/graph_maker.h"

namespace evenshift::compiler {

inline constexpr Clamp kRelu{0, std::numeric_limits<double>::infinity()};
inline constexpr Clamp kRelu6{0, 6};

inline const Conv& conv_of(const Graph& graph, std::size_t node) { return std::get<Conv>(graph.nodes[node].op); }

/// The inputs of a few images.
using Images = std::vector<std::vector<FloatTensor>>;

inline CalibrationData data_of(const Images& images) {
  return {static_cast<std::int64_t>(images.size()),
          [&images](std::int64_t index) { return images[static_cast<std::size_t>(index)]; }};
}

inline ActivationStatistics statistics_of(const Graph& graph, const Images& images) {
  return activation_statistics(graph, data_of(images), {});
}

/// The network's outputs on every image, and what goes into its softmaxes, which would hide differences.
inline std::vector<std::vector<FloatTensor>> outputs_of(Graph graph, const Images& images) {
  for (const Node& node : graph.nodes)
    if (std::holds_alternative<Softmax>(node.op)) graph.outputs.push_back(node.inputs[0]);
  FloatEvaluator evaluator(std::make_shared<Graph>(std::move(graph)));
  std::vector<std::vector<FloatTensor>> outputs;
  for (const auto& image : images) outputs.push_back(evaluator.run(image));
  return outputs;
}

/// Greatest difference of an output, as a share of its greatest magnitude on the same image.
inline double relative_difference(const Graph& before, const Graph& after, const Images& images) {
  const auto expected = outputs_of(before, images);
  const auto found = outputs_of(after, images);
  double greatest = 0;
  for (std::size_t i = 0; i < expected.size(); ++i)
    for (std::size_t o = 0; o < expected[i].size(); ++o) {
      double magnitude = 1e-30;
      double difference = 0;
      for (std::size_t k = 0; k < expected[i][o].values.size(); ++k) {
        const double want = expected[i][o].values[k];
        magnitude = std::max(magnitude, std::abs(want));
        const double off = std::abs(want - found[i][o].values[k]);
        difference = std::isnan(off) ? off : std::max(difference, off);
      }
      greatest = std::isnan(difference) ? difference : std::max(greatest, difference / magnitude);
    }
  return greatest;
}

/// Output channel c of conv `node` · by[c].
inline void scale_filters(Graph& graph, std::size_t node, const std::vector<float>& by) {
  auto& conv = std::get<Conv>(graph.nodes[node].op);
  const std::size_t reduction = conv.weights.size() / by.size();
  for (std::size_t i = 0; i < conv.weights.size(); ++i) conv.weights[i] *= by[i / reduction];
  for (std::size_t c = 0; c < by.size(); ++c) conv.bias[c] *= by[c];
}

}  // namespace evenshift::compiler

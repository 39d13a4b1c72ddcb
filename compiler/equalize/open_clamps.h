#pragma once

#include <string>
#include <vector>

#include "compiler/calibrate/channel_statistics.h"
#include "compiler/ir/graph.h"

namespace evenshift::compiler {

/// A graph without some of its clamps' upper limits, and the nodes that lost theirs.
struct OpenedGraph {
  Graph graph;
  std::vector<std::string> nodes;
};

/// Replaces every upper limit above 0 of clamps whose lower limit is 0 by none: ReLU6 by ReLU. Changes the function
/// where numbers pass the limit; trained networks mostly bear it. To be done before statistics are collected. Source:
/// Data-Free Quantization, arXiv:1906.04721, section 5.
OpenedGraph drop_upper_clamps(const Graph& graph);

/// The same where no number passes the limit on calibration data, so that the function stays on these. Afterwards these
/// limits bound no factor. `statistics` are activation_statistics of `graph` and stay valid.
OpenedGraph drop_unreached_clamps(const Graph& graph, const ActivationStatistics& statistics);

}  // namespace evenshift::compiler

#pragma once

#include <string>
#include <vector>

#include "compiler/calibrate/channel_statistics.h"
#include "compiler/equalize/scale_groups.h"
#include "compiler/ir/graph.h"

namespace evenshift::compiler {

/// What a method did to a conv.
struct ConvFactors {
  std::string node;
  std::vector<double> factors;  ///< C of every output channel, 1 where it was left alone
  double evenness_before = 0;   ///< mean of R_c / max R_c over output channels with R_c = max |W_c| > 0
  double evenness_after = 0;    ///< 1: all channels have the same range
};

/// A graph that computes the same as before, what is now known of its activations, and what was done.
struct EqualizedGraph {
  Graph graph;
  ActivationStatistics statistics;  ///< scaled with the channels; empty if none were given
  std::vector<ConvFactors> convs;   ///< every conv, in topological order
};

/// max |W| over all weights of every input channel of a conv.
std::vector<double> input_channel_ranges(const Conv& conv);

/// Multiplies the producers' weights and biases with `factor` and the readers' weights with its inverse, each rounded
/// once to float; exact for powers of two as long as nothing leaves float's normal numbers.
void scale_weights(Graph& graph, const ScaleGroup& group, double factor);

/// The statistics of the group's members, times `factor`.
void scale_statistics(ActivationStatistics& statistics, const ScaleGroup& group, double factor);

/// The report on every conv of `after`, where `factors` are those of the groups.
std::vector<ConvFactors> report_factors(const Graph& before, const Graph& after, const ScaleGroups& groups,
                                        const std::vector<double>& factors);

}  // namespace evenshift::compiler

#pragma once

#include <vector>

#include "compiler/options.h"
#include "compiler/quantize/layer_report.h"
#include "compiler/quantize/quantized_graph.h"
#include "compiler/quantize/value_params.h"

namespace evenshift::compiler {

struct QuantizationResult {
  QuantizedGraph graph;
  std::vector<LayerReport> layers;  ///< of the conv nodes, in order
};

/// Turns a canonical graph into integers: value_params, then every node. Throws Error naming the node where the machine
/// cannot carry it.
QuantizationResult quantize_graph(const Graph& graph, const std::vector<ValueRange>& ranges, const NpuConfig& config,
                                  const CompileOptions& options);

}  // namespace evenshift::compiler

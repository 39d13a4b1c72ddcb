#pragma once

#include <vector>

#include "arch/numerics/quantization.h"
#include "compiler/ir/value_range.h"
#include "compiler/options.h"
#include "compiler/quantize/layer_report.h"
#include "compiler/quantize/quantized_graph.h"
#include "compiler/weights/weight_plan.h"

namespace evenshift::compiler {

struct QuantizationResult {
  QuantizedGraph graph;
  std::vector<LayerReport> layers;  ///< of the conv nodes, in order
};

/// Turns a canonical graph into integers: values with `params`, by ValueId, convs as their `plans` say, beside
/// graph.nodes. Throws Error naming the node where the machine cannot carry it.
QuantizationResult quantize_graph(const Graph& graph, const std::vector<QuantParams>& params,
                                  const std::vector<WeightPlan>& plans, const NpuConfig& config);

/// The same with value_params of `ranges` and plans that need no calibration data; `auto` is `shift` here.
QuantizationResult quantize_graph(const Graph& graph, const std::vector<ValueRange>& ranges, const NpuConfig& config,
                                  const CompileOptions& options);

}  // namespace evenshift::compiler

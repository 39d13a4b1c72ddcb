#pragma once

#include <string_view>
#include <vector>

#include "compiler/calibrate/calibrate.h"
#include "compiler/ir/graph.h"
#include "compiler/weights/plan_weights.h"

namespace evenshift::compiler {

/// Whether a method trains whole blocks of layers (compiler/reconstruct), rather than one layer at a time.
bool trains_blocks(std::string_view method);

/// Trains what `method` says, from the grids of `plans` on, and puts grids, codes and biases into them. `plans` lie
/// beside graph.nodes; `values` are the values' quantization parameters.
void train_blocks(std::string_view method, const Graph& graph, const std::vector<QuantParams>& values, int shift_bits,
                  const CalibrationData& data, const WorkContext& work, std::vector<WeightPlan>& plans);

}  // namespace evenshift::compiler

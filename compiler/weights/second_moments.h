#pragma once

#include <vector>

#include "compiler/equalize/msqe.h"
#include "compiler/options.h"
#include "compiler/reconstruct/weight_moments.h"
#include "compiler/weights/plan_weights.h"

namespace evenshift::compiler {

/// What msqe_second_moment starts from for a conv: √EMA(g²) of every weight after the last calibration image, and the
/// exponents, chosen anew after every eighth image, averaged and frozen.
struct PowerOfTwoStart {
  Floats importance;
  Exponents exponents;
};

/// Beside graph.nodes; `reach_bits` as msqe_exponents' shift_bits. Source: arXiv:2210.03671.
std::vector<PowerOfTwoStart> second_moment_starts(const Graph& graph, const CompileOptions& options, int reach_bits,
                                                  const CalibrationData& data, const WorkContext& work);

}  // namespace evenshift::compiler

#pragma once

#include <vector>

#include "compiler/ir/graph.h"
#include "compiler/weights/input_moments.h"
#include "compiler/weights/weight_plan.h"

namespace evenshift::compiler {

/// b_c - (E[y_q,c] - E[y_c]), y before the activation: with the means of the inputs, b + W E[x] - V E[z], V the plan's
/// weights. It takes out what rounding the weights and what the layers before have shifted. Source: Data-Free
/// Quantization, arXiv:1906.04721, section 4.2 and appendix D.
std::vector<float> corrected_bias(const Conv& conv, const WeightPlan& plan, const InputMoments& moments);

/// Mean and standard deviation of every channel of a layer's input before that input's activation, and the activation.
struct NormalInput {
  std::vector<double> mean;
  std::vector<double> deviation;
  Clamp clamp;
};

/// E[clamp(x)] of x normal with `mean` and `deviation`: the clipped normal distribution of arXiv:1906.04721, eq. 20 and
/// appendix C.
double clipped_normal_mean(double mean, double deviation, const Clamp& clamp);

/// b + (W - V) E[x] with E[x] of each input channel from clipped_normal_mean; taps in the padding count as inside.
/// Source: Data-Free Quantization, arXiv:1906.04721, eq. 17 to 20.
std::vector<float> analytically_corrected_bias(const Conv& conv, const WeightPlan& plan, const NormalInput& input);

}  // namespace evenshift::compiler

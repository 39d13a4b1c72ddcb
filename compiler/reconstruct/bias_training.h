#pragma once

#include <cmath>

#include "compiler/equalize/weight_grid.h"
#include "compiler/reconstruct/adam.h"

namespace evenshift::compiler {

/// The biases of one conv while they are trained by Adam, in units of scale(c) · rms(input) · √taps, about the rounding
/// noise of the channel's output.
class BiasTraining {
 public:
  BiasTraining(const Floats& bias, std::size_t taps, const WeightGrid& grid, double input_size, double rate)
      : bias_(bias), moved_(bias.size()), rate_(rate), adam_(bias.size()) {
    for (std::size_t c = 0; c < bias.size(); ++c)
      units_.push_back(static_cast<float>(grid.scale(c) * input_size * std::sqrt(static_cast<double>(taps))));
  }
  [[nodiscard]] Floats forward() const {
    Floats bias = bias_;
    for (std::size_t c = 0; c < bias.size(); ++c) bias[c] += units_[c] * moved_[c];
    return bias;
  }
  void step(const Floats& gradient, double progress) {
    Floats of_moved(gradient);
    for (std::size_t c = 0; c < of_moved.size(); ++c) of_moved[c] *= units_[c];
    adam_.step(of_moved, rate_ * (1 - progress), moved_);
  }

 private:
  Floats bias_;
  Floats moved_;
  Floats units_;
  double rate_;
  Adam adam_;
};

}  // namespace evenshift::compiler

#pragma once

#include <cstdint>

#include "compiler/reconstruct/batch.h"

namespace evenshift::compiler {

/// Adam (arXiv:1412.6980, algorithm 1) with β1 = 0.9, β2 = 0.999 for parameters of any scale of gradient.
class Adam {
 public:
  explicit Adam(std::size_t parameters) : mean_(parameters), square_(parameters) {}

  /// parameters -= rate · m / (√v + ε), m and v freed of their start at 0.
  void step(const Floats& gradient, double rate, Floats& parameters);

 private:
  Floats mean_;
  Floats square_;
  double mean_decay_ = 1;  ///< β1^t
  double square_decay_ = 1;
};

}  // namespace evenshift::compiler

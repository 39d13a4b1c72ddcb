#include "compiler/reconstruct/adam.h"

#include <cmath>

#include "compiler/reference/vector_dispatch.h"

namespace evenshift::compiler {

void Adam::step(const Floats& gradient, double rate, Floats& parameters) {
  constexpr float kMean = 0.9F;
  constexpr float kSquare = 0.999F;
  constexpr float kEpsilon = 1e-12F;  // gradients of a mean over many outputs are small
  mean_decay_ *= kMean;
  square_decay_ *= kSquare;
  const auto factor = static_cast<float>(rate / (1 - mean_decay_));
  const auto correction = static_cast<float>(1 / (1 - square_decay_));
  with_widest_vectors([&] {
    const std::size_t count = parameters.size();
    const float* g = gradient.data();
    float* m = mean_.data();
    float* v = square_.data();
    float* p = parameters.data();
    for (std::size_t i = 0; i < count; ++i) {
      m[i] = kMean * m[i] + (1 - kMean) * g[i];
      v[i] = kSquare * v[i] + (1 - kSquare) * (g[i] * g[i]);
      p[i] -= factor * m[i] / (std::sqrt(v[i] * correction) + kEpsilon);
    }
  });
}

}  // namespace evenshift::compiler

#pragma once

#include <cstdint>
#include <vector>

#include "compiler/ir/graph.h"

namespace evenshift::compiler {

/// One value for several images, in (c, image, y, x) order: a channel of all images is one long row, which is what
/// matrix products over pixels want.
struct BatchShape {
  Shape shape;
  std::int64_t images = 1;

  [[nodiscard]] std::int64_t pixels() const { return shape.height * shape.width; }
  /// Floats of one channel.
  [[nodiscard]] std::int64_t row() const { return images * pixels(); }
  [[nodiscard]] std::int64_t elements() const { return shape.channels * row(); }
};

using Floats = std::vector<float>;

/// What a conv computes with: weights and bias as in Conv, or gradients with respect to them.
struct ConvParameters {
  Floats weights;
  Floats bias;
};

}  // namespace evenshift::compiler

#pragma once

#include <vector>

#include "compiler/ir/graph.h"

namespace evenshift::compiler {

/// A value of a graph: shape.elements() numbers in (c, y, x) order.
struct FloatTensor {
  Shape shape;
  std::vector<float> values;
  friend bool operator==(const FloatTensor&, const FloatTensor&) = default;
};

}  // namespace evenshift::compiler

#pragma once

#include "compiler/ir/graph.h"

namespace evenshift::compiler {

/// evaluate(activation, x) to about 1e-7, from operations that give the same bits on every machine.
double portable_evaluate(const Activation& activation, double x);

/// Its derivative at x; 0 at the ends of a clamped stretch.
double derivative(const Activation& activation, double x);

}  // namespace evenshift::compiler

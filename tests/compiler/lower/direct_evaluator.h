#pragma once

#include <cstdint>
#include <vector>

#include "compiler/quantize/quantized_graph.h"

namespace evenshift::compiler {

/// Codes of a value in (y, x, c) order.
using Codes = std::vector<std::int8_t>;

/// Codes of every value of a quantized network (empty for what the host computes), by loops over the graph's operators:
/// no tiles, no commands. `inputs` by graph input.
std::vector<Codes> evaluate_directly(const QuantizedGraph& network, const std::vector<Codes>& inputs);

}  // namespace evenshift::compiler

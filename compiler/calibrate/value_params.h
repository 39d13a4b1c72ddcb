#pragma once

#include <vector>

#include "arch/numerics/quantization.h"
#include "compiler/ir/graph.h"
#include "compiler/ir/value_range.h"

namespace evenshift::compiler {

/// Quantization parameters of every value. Values whose codes are copied share theirs: the input and output of
/// max_pool, resize, pad and reshape, and the inputs of a concat that nothing else reads, with the concat's output;
/// they get the hull of their ranges. Parameters that the graph has (Value::quant) are taken over unchanged, for all
/// values that share them; a concat then shares with those inputs alone that have no other ones.
std::vector<QuantParams> value_params(const Graph& graph, const std::vector<ValueRange>& ranges, int activation_bits);

}  // namespace evenshift::compiler

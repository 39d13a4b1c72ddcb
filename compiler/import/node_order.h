#pragma once

#include <vector>

#include "compiler/import/onnx_model.h"

namespace evenshift::compiler::importer {

/// Indices of the nodes that the outputs need, every node after those that it reads; otherwise in the model's order.
/// Throws Error where a name is made twice or never, or nodes are in a cycle.
std::vector<std::size_t> node_order(const OnnxModel& model);

}  // namespace evenshift::compiler::importer

#pragma once

#include <optional>
#include <vector>

#include "compiler/import/node_import.h"

namespace evenshift::compiler::importer {

/// The constant that broadcasts (numpy's rules) against `view`, as one number a channel of the view's value. Nothing
/// where it would be different numbers within a channel, or would make the result larger than the view.
std::optional<std::vector<double>> channel_values(const TensorView& view, const Shape& shape,
                                                  const TensorData& constant);

/// As above, for a node: gives the view extra leading axes where the constant has them, and turns a flattened image
/// into a vector where the constant is different for each of its elements. Fails with `otherwise`.
std::vector<double> broadcast_constant(NodeImport& node, TensorView& view, const TensorData& constant,
                                       Constraint otherwise);

}  // namespace evenshift::compiler::importer

#pragma once

#include "compiler/import/node_import.h"

/// Shape arithmetic that operators on tensors and constant folding share.
namespace evenshift::compiler::importer {

/// The dimensions that Reshape makes of `from`: 0 copies one, -1 is what is left. Malformed where the elements differ.
Dimensions reshape_target(const NodeImport& node, const Dimensions& from, const std::vector<std::int64_t>& wanted);

/// Axes of Squeeze and Unsqueeze: an attribute before opset 13, then an input.
std::vector<std::int64_t> given_axes(const NodeImport& node);
/// No axes: all of size 1.
Dimensions squeezed(const NodeImport& node, const Dimensions& from, const std::vector<std::int64_t>& axes);
Dimensions unsqueezed(const NodeImport& node, const Dimensions& from, const std::vector<std::int64_t>& axes);

/// The attribute `perm`: reversed where absent.
std::vector<std::int64_t> read_permutation(const NodeImport& node, std::size_t rank);

/// A slice of one axis: indices that it takes, in order.
struct AxisSlice {
  std::size_t axis = 0;
  std::vector<std::int64_t> indices;
};
/// Attributes before opset 10, then inputs.
std::vector<AxisSlice> read_slices(const NodeImport& node, const Dimensions& from);

}  // namespace evenshift::compiler::importer

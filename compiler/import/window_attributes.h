#pragma once

#include "compiler/import/node_import.h"

namespace evenshift::compiler::importer {

/// The window that a node's strides, dilations, pads, auto_pad and ceil_mode mean for an input of this shape and a
/// kernel of these sizes (one number: a kernel of one row). Where ceil_mode makes the last window reach past what the
/// pads cover, the bottom and right pads grow until it does not.
Window read_window(const NodeImport& node, const Shape& input, const std::vector<std::int64_t>& kernel,
                   std::size_t rank);

}  // namespace evenshift::compiler::importer

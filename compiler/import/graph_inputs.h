#pragma once

#include "compiler/import/node_import.h"

namespace evenshift::compiler::importer {

/// Adds the model's inputs to the graph and binds their names. A batch of 1 or without a size is 1. Where every reader
/// of an input (through elementwise nodes) transposes it from channels last to channels first, its value has channels
/// first. Throws Error naming the input and the dimension that is not known, or what is wrong with it.
void add_graph_inputs(ImportState& state);

/// Binds the graph's outputs: a value takes its output's name and dimensions. Returns a line for each output whose axes
/// are in an order that a value cannot have.
std::vector<std::string> add_graph_outputs(ImportState& state);

}  // namespace evenshift::compiler::importer

#pragma once

#include <string>

#include "compiler/import/onnx_model.h"
#include "compiler/ir/graph.h"

namespace evenshift::compiler::importer {

/// The graph of a model that has been read. `known` lists the supported operators for the message about others. Throws
/// Error as import_onnx.
Graph import_model(const OnnxModel& model, const std::string& known);

}  // namespace evenshift::compiler::importer

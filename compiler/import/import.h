#pragma once

#include <filesystem>

#include "compiler/import/constraints.h"
#include "compiler/ir/graph.h"

namespace evenshift::compiler {

/// Reads an ONNX float32 network, opset 7 to 21. A symbolic batch becomes 1. An input of channels last that is
/// transposed at once keeps its dimensions, {1, H, W, C}, and has shape C x H x W; so has an output. Throws Error: one
/// sentence for a model that is damaged or wrong; for nodes that are not supported a line each, all of them at once.
Graph import_onnx(const std::filesystem::path& path);

/// Reads a TFLite network, float or integer. Where it is quantized, the graph has Quantize nodes and convs with codes:
/// all scales, zero points, weights and biases are the file's. Images have their channels last in the file and first in
/// the graph. Throws Error as import_onnx.
Graph import_tflite(const std::filesystem::path& path);

/// Whether a path names a TFLite network: NAME.tflite.
bool is_tflite(const std::filesystem::path& path);

/// import_tflite or import_onnx.
Graph import_network(const std::filesystem::path& path);

}  // namespace evenshift::compiler

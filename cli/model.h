#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <vector>

#include "cli/configuration.h"
#include "compiler/ir/graph.h"
#include "compiler/ir/value_range.h"
#include "host/dataset.h"
#include "host/sidecar.h"

namespace evenshift::cli {

/// A trained network, float or quantized, with its sidecar.
struct Model {
  std::filesystem::path path;
  std::shared_ptr<const compiler::Graph> graph;  ///< canonical
  host::Sidecar sidecar;
};

/// Reads MODEL.onnx or MODEL.tflite and its sidecar: MODEL.yaml beside it, or the one given. The input of the one must be
/// what the other describes; a sidecar with channels first also fits an input with channels last. Throws Error.
Model load_model(const std::filesystem::path& path, const std::filesystem::path& sidecar = {});

/// --sidecar FILE, for commands that read a model.
void declare_sidecar(CLI::App& command, std::string& sidecar);

/// "MODEL.onnx" or "NET.evs", by the ending.
bool is_image_file(const std::filesystem::path& path);

/// Activation ranges from the first `options.calibration_images` files of `data`, with progress unless quiet. Without
/// data, for a network that is quantized already and needs none: empty ranges; throws Error for any other.
std::vector<compiler::ValueRange> calibrate_model(const Model& model, const std::filesystem::path& data,
                                                  const compiler::CompileOptions& options, int threads, bool quiet);

/// The `host` JSON of an image made from `model`.
std::string host_json(const Model& model, const compiler::CompileOptions& options);

}  // namespace evenshift::cli

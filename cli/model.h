#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "cli/configuration.h"
#include "compiler/ir/graph.h"
#include "compiler/ir/value_range.h"
#include "host/dataset.h"
#include "host/sidecar.h"

namespace evenshift::cli {

/// A trained network with its sidecar.
struct Model {
  std::filesystem::path path;
  std::shared_ptr<const compiler::Graph> graph;  ///< canonical
  host::Sidecar sidecar;
};

/// Reads MODEL.onnx and MODEL.yaml; the input of the one must be what the other describes. Throws Error.
Model load_model(const std::filesystem::path& path);

/// "MODEL.onnx" or "NET.evs", by the ending.
bool is_image_file(const std::filesystem::path& path);

/// Activation ranges from the first `options.calibration_images` files of `data`, with progress unless quiet.
std::vector<compiler::ValueRange> calibrate_model(const Model& model, const std::filesystem::path& data,
                                                  const compiler::CompileOptions& options, int threads, bool quiet);

/// The `host` JSON of an image made from `model`.
std::string host_json(const Model& model, const compiler::CompileOptions& options);

}  // namespace evenshift::cli

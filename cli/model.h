#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <vector>

#include "cli/configuration.h"
#include "compiler/compile.h"
#include "host/dataset.h"
#include "host/preprocess.h"
#include "host/progress.h"
#include "host/sidecar.h"

namespace evenshift::cli {

/// A trained network, float or quantized, with its sidecar.
struct Model {
  std::filesystem::path path;
  std::shared_ptr<const compiler::Graph> graph;  ///< canonical
  host::Sidecar sidecar;
};

/// Reads MODEL.onnx or MODEL.tflite and its sidecar: MODEL.yaml beside it, or the one given. The input of the one must
/// be what the other describes; a sidecar with channels first also fits an input with channels last. Throws Error.
Model load_model(const std::filesystem::path& path, const std::filesystem::path& sidecar = {});

/// --sidecar FILE, for commands that read a model.
void declare_sidecar(CLI::App& command, std::string& sidecar);

/// "MODEL.onnx" or "NET.evs", by the ending.
bool is_image_file(const std::filesystem::path& path);

/// The first `calibration_images` files of a folder as inputs of a model, which outlives it. Without a folder, for a
/// network that is quantized already and needs none: no inputs; throws Error for any other.
class CalibrationImages {
 public:
  /// Those of the folder from the `first` on, at most `most`.
  CalibrationImages(const Model& model, const std::filesystem::path& folder, std::int64_t most, std::int64_t first = 0);
  CalibrationImages(const CalibrationImages&) = delete;
  CalibrationImages& operator=(const CalibrationImages&) = delete;

  [[nodiscard]] const compiler::CalibrationData& data() const { return data_; }
  /// The files, in the order of the data.
  [[nodiscard]] std::vector<std::string> names() const;
  /// Says on stderr how many images had to be enlarged, if any, of those that have been read.
  void report_enlarged() const;

 private:
  host::Dataset images_;
  host::PreprocessReport report_;
  compiler::CalibrationData data_;
};

/// Shows the stages of long work on stderr, one after the other.
class StageDisplay {
 public:
  explicit StageDisplay(bool quiet) : quiet_(quiet) {}
  /// For `threads` threads; what is shown ends with this object.
  compiler::WorkContext work(int threads);
  void finish();

 private:
  bool quiet_;
  std::string stage_;
  std::unique_ptr<host::Progress> progress_;
};

/// The `host` JSON of an image made from `model`.
std::string host_json(const Model& model, const compiler::CompileOptions& options);

}  // namespace evenshift::cli

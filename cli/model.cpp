#include "cli/model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "arch/base/error.h"
#include "cli/network_io.h"
#include "compiler/import/import.h"
#include "compiler/ir/passes/canonicalize.h"
#include "compiler/ir/passes/quantizers.h"

namespace evenshift::cli {

void declare_sidecar(CLI::App& command, std::string& sidecar) {
  command.add_option("--sidecar", sidecar, "The YAML file that says how inputs are made (default: MODEL.yaml)")
      ->type_name("FILE");
}

bool is_image_file(const std::filesystem::path& path) { return path.extension() == ".evs"; }

namespace {

/// The same shape, or the same image with its channels first.
bool describes(const host::Sidecar& sidecar, const compiler::Value& input) {
  const compiler::Shape& s = input.shape;
  const bool is_first = !sidecar.image || sidecar.image->layout == host::TensorLayout::kNchw;
  return sidecar.input_shape == input.dimensions ||
         (is_first && input.dimensions.size() == 4 &&
          sidecar.input_shape == std::vector<std::int64_t>{1, s.channels, s.height, s.width});
}

}  // namespace

Model load_model(const std::filesystem::path& path, const std::filesystem::path& sidecar) {
  compiler::Graph graph = compiler::canonicalize(compiler::import_network(path));
  if (graph.inputs.size() != 1)
    fail("{}: the network has {} inputs; one is supported", path.string(), graph.inputs.size());
  const std::filesystem::path description = sidecar.empty() ? host::sidecar_path(path) : sidecar;
  Model model{path, nullptr, host::read_sidecar(description)};
  const compiler::Value& input = graph.value(graph.inputs[0]);
  if (!describes(model.sidecar, input))
    fail("{}: input_shape is [{}], but input '{}' of the network is [{}]", description.string(),
         fmt::join(model.sidecar.input_shape, ", "), input.name, fmt::join(input.dimensions, ", "));
  model.graph = std::make_shared<compiler::Graph>(std::move(graph));
  return model;
}

namespace {

host::Dataset calibration_files(const Model& model, const std::filesystem::path& folder, std::int64_t most,
                                std::int64_t first) {
  if (!folder.empty())
    return host::read_unlabelled(folder).slice(static_cast<std::size_t>(first), static_cast<std::size_t>(most));
  if (!compiler::is_quantized(*model.graph))
    fail("{} has values without quantization parameters: --calibrate DATA is needed, a folder of inputs",
         model.path.string());
  return {};
}

}  // namespace

CalibrationImages::CalibrationImages(const Model& model, const std::filesystem::path& folder, std::int64_t most,
                                     std::int64_t first)
    : images_(calibration_files(model, folder, most, first)) {
  const compiler::Shape shape = model.graph->value(model.graph->inputs[0]).shape;
  data_.count = static_cast<std::int64_t>(images_.size());
  data_.load = [this, &model, shape](std::int64_t index) {
    return std::vector<compiler::FloatTensor>{
        {shape, network_input(model.sidecar, images_[static_cast<std::size_t>(index)].path, &report_).values}};
  };
}

std::vector<std::string> CalibrationImages::names() const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < images_.size(); ++i) names.push_back(images_[i].path.string());
  return names;
}

void CalibrationImages::report_enlarged() const {
  if (report_.enlarged_images > 0)
    fmt::print(stderr, "calibration images smaller than the network's input were enlarged\n");
}

compiler::WorkContext StageDisplay::work(int threads) {
  compiler::WorkContext context;
  context.threads = threads;
  context.progress = [this](std::string_view stage, std::int64_t done, std::int64_t total) {
    if (stage != stage_ || !progress_) {
      finish();
      stage_ = stage;
      progress_ = std::make_unique<host::Progress>(stage_, total, quiet_);
    }
    progress_->add(done - progress_->done());
    if (done == total) finish();
  };
  return context;
}

void StageDisplay::finish() {
  if (progress_) progress_->finish();
  progress_.reset();
}

std::string host_json(const Model& model, const compiler::CompileOptions& options) {
  std::vector<bool> softmax;
  for (const compiler::ValueId output : model.graph->outputs) {
    bool found = false;
    for (std::int64_t node = model.graph->producer(output); node >= 0;) {
      const compiler::Node& step = model.graph->nodes[static_cast<std::size_t>(node)];
      const bool is_softmax = std::holds_alternative<compiler::Softmax>(step.op);
      if (!is_softmax && !std::holds_alternative<compiler::Reshape>(step.op)) break;
      found = found || is_softmax;
      node = model.graph->producer(step.inputs[0]);
    }
    softmax.push_back(found);
  }
  const nlohmann::json json = {{"schema_version", 1},
                               {"model", model.path.stem().string()},
                               {"sidecar", host::to_json(model.sidecar)},
                               {"softmax", softmax},
                               {"made_by", std::string("evenshift ") + EVENSHIFT_VERSION},
                               {"compile",
                                {{"weight_bits", options.weight_bits},
                                 {"activation_bits", options.activation_bits},
                                 {"equalize", options.equalize},
                                 {"calibration", options.calibration},
                                 {"calibration_images", options.calibration_images}}}};
  return json.dump();
}

}  // namespace evenshift::cli

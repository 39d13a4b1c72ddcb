#include "cli/model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "arch/base/error.h"
#include "cli/network_io.h"
#include "compiler/calibrate/calibrate.h"
#include "compiler/import/import.h"
#include "compiler/ir/passes/canonicalize.h"
#include "compiler/ir/passes/quantizers.h"
#include "host/progress.h"

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

std::vector<compiler::ValueRange> calibrate_model(const Model& model, const std::filesystem::path& data,
                                                  const compiler::CompileOptions& options, int threads, bool quiet) {
  if (data.empty()) {
    if (!compiler::is_quantized(*model.graph))
      fail("{} has values without quantization parameters: --calibrate DATA is needed, a folder of inputs",
           model.path.string());
    return std::vector<compiler::ValueRange>(model.graph->values.size());
  }
  const host::Dataset all = host::read_unlabelled(data);
  const host::Dataset images = all.slice(0, static_cast<std::size_t>(options.calibration_images));
  const compiler::Shape shape = model.graph->value(model.graph->inputs[0]).shape;
  host::PreprocessReport report;
  compiler::CalibrationData source;
  source.count = static_cast<std::int64_t>(images.size());
  source.load = [&](std::int64_t index) {
    return std::vector<compiler::FloatTensor>{
        {shape, network_input(model.sidecar, images[static_cast<std::size_t>(index)].path, &report).values}};
  };
  compiler::CalibrationOptions calibration;
  calibration.method = options.calibration;
  calibration.percentile = options.percentile;
  calibration.activation_bits = static_cast<int>(options.activation_bits);
  calibration.threads = threads;
  host::Progress progress("calibrate", source.count, quiet);
  auto ranges = compiler::calibrate(*model.graph, source, calibration, [&](std::int64_t done) { progress.add(done); });
  progress.finish();
  if (!quiet && report.enlarged_images > 0)
    fmt::print(stderr, "{} of {} calibration images were smaller than the network's input and were enlarged\n",
               report.enlarged_images.load(), source.count);
  return ranges;
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

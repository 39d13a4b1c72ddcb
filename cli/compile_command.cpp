#include <fmt/format.h>

#include <numeric>

#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/model.h"
#include "cli/output.h"
#include "cli/unfinished.h"
#include "compiler/compile.h"
#include "compiler/equalize/fit_shifts.h"
#include "compiler/export/qdq_model.h"
#include "compiler/quantize/quantize_add.h"
#include "compiler/reference/float_evaluator.h"

namespace evenshift::cli {
namespace {

struct CompileFlags {
  std::string model, sidecar, calibrate, output, json, qdq;
  ConfigurationFlags configuration;
  int threads = 0;
  bool fit = false, quiet = false;
};

/// The model with its imported weights on grids that the machine's shifter carries.
Model fitted(Model model, const NpuConfig& machine) {
  const auto& requantizer = machine.requantizer;
  const bool has_shifts = requantizer.requant_scale == RequantScale::layer_with_channel_shift;
  if (!has_shifts && requantizer.requant_scale != RequantScale::layer)
    fail("--fit is for requant_scale layer_with_channel_shift and layer; {} {}", to_string(requantizer.requant_scale),
         requantizer.requant_scale == RequantScale::channel_multiplier ? "carries every scale" : "has no scale to fit");
  std::vector<compiler::ShiftFit> fits;
  model.graph = std::make_shared<const compiler::Graph>(
      compiler::fit_shifts(*model.graph, has_shifts ? static_cast<int>(requantizer.shift_bits) : 0, fits));
  return model;
}

void print_layers(const std::vector<compiler::LayerReport>& layers) {
  fmt::print("{:<28} {:>8}  {:>17}  {:>17}  {}\n", "layer", "channels", "mean Rc/L  -> ", "weight SQNR dB ->",
             "channels by shift k");
  for (const auto& layer : layers) {
    if (layer.is_imported)
      fmt::print("{:<28} {:>8}  {:>17}  {:>17}  {}", layer.name.substr(0, 28), layer.channels, "integers given", "-",
                 histogram_text(layer.shift_histogram));
    else
      fmt::print("{:<28} {:>8}  {:>7.4f} -> {:>6.4f}  {:>7.1f} -> {:>6.1f}  {}", layer.name.substr(0, 28),
                 layer.channels, layer.mean_range_ratio_before, layer.mean_range_ratio_after,
                 layer.weight_sqnr_db_before, layer.weight_sqnr_db_after, histogram_text(layer.shift_histogram));
    if (layer.dead_channels > 0) fmt::print("  dead {}", layer.dead_channels);
    if (!layer.lowered_channels.empty()) fmt::print("  lowered {}", layer.lowered_channels.size());
    if (!layer.clipped_channels.empty()) fmt::print("  clipped {}", layer.clipped_channels.size());
    if (layer.scale_raised > 1) fmt::print("  scale x{:g}", layer.scale_raised);
    fmt::print("\n");
  }
}

/// Says which additions of a network that rounds as TFLite give another code than TFLite's for some operands.
void print_differences(const compiler::QuantizedGraph& network) {
  if (network.config.requantizer.rounding != RoundingMode::tflite_double) return;
  for (std::size_t n = 0; n < network.nodes.size(); ++n) {
    const compiler::Node& node = network.graph.nodes[n];
    const auto* op = std::get_if<compiler::Add>(&node.op);
    if (op == nullptr) continue;
    const auto params = [&](compiler::ValueId value) { return network.values[static_cast<std::size_t>(value)]; };
    const std::int64_t count =
        compiler::differences_from_tflite(std::get<compiler::QuantizedAdd>(network.nodes[n]), *op,
                                          {params(node.inputs[0]), params(node.inputs[1]), params(node.output)});
    if (count > 0)
      fmt::print("layer '{}': for {} of 65536 pairs of codes the sum is one code off TFLite's ADD\n", node.name, count);
  }
}

nlohmann::ordered_json report_json(const Model& model, const Configuration& configuration,
                                   const compiler::Compilation& compilation, std::size_t image_bytes) {
  const image::Image& image = compilation.image;
  nlohmann::ordered_json report = {
      {"model", model.path.stem().string()},
      {"machine", configuration.npu.name},
      {"requant_scale", std::string(to_string(configuration.npu.requantizer.requant_scale))},
      {"rounding", std::string(to_string(configuration.npu.requantizer.rounding))},
      {"shift_bits", configuration.npu.requantizer.shift_bits},
      {"weight_bits", configuration.compile.weight_bits},
      {"activation_bits", configuration.compile.activation_bits},
      {"equalize", configuration.compile.equalize},
      {"image_bytes", image_bytes},
      {"weight_bytes", image.weights.bytes.size()},
      {"bias_bytes", image.biases.bytes.size()},
      {"scale_bytes", image.scales.bytes.size()},
      {"dram_bytes", image.dram_bytes},
      {"commands", image.commands.size()},
      {"layers", nlohmann::ordered_json::array()}};
  for (const auto& layer : compilation.layers)
    report["layers"].push_back({{"name", layer.name},
                                {"kind", layer.kind},
                                {"channels", layer.channels},
                                {"dead_channels", layer.dead_channels},
                                {"imported", layer.is_imported},
                                {"shift_histogram", layer.shift_histogram},
                                {"mean_range_ratio_before", layer.mean_range_ratio_before},
                                {"mean_range_ratio_after", layer.mean_range_ratio_after},
                                {"min_range_ratio_before", layer.min_range_ratio_before},
                                {"min_range_ratio_after", layer.min_range_ratio_after},
                                {"weight_sqnr_db_before", layer.weight_sqnr_db_before},
                                {"weight_sqnr_db_after", layer.weight_sqnr_db_after},
                                {"lowered_channels", layer.lowered_channels},
                                {"clipped_channels", layer.clipped_channels},
                                {"scale_raised", layer.scale_raised}});
  return report;
}

void run_compile(const CompileFlags& flags) {
  check_writable(flags.output);
  check_writable(flags.json);
  check_writable(flags.qdq);
  const Configuration configuration = configuration_from(flags.configuration);
  compiler::use_portable_instruction_set();
  Model model = load_model(flags.model, flags.sidecar);
  if (flags.fit) model = fitted(std::move(model), configuration.npu);
  const CalibrationImages images(model, flags.calibrate, configuration.compile.calibration_images);
  StageDisplay display(flags.quiet);
  compiler::WorkContext work = display.work(flags.threads);
  work.unfinished = unfinished_folder(flags.output);
  work.unfinished_key = compilation_key(model, flags.sidecar, images, configuration);
  const compiler::PreparedNetwork network = compiler::prepare(*model.graph, images.data(), configuration.compile, work);
  const compiler::Compilation compilation = compiler::compile(
      network, &images.data(), configuration.npu, configuration.compile, host_json(model, configuration.compile), work);
  display.finish();
  if (!flags.quiet) images.report_enlarged();
  const auto bytes = image::write(compilation.image);
  write_file_atomically(flags.output, bytes);
  std::error_code ignored;  // the image is there; a folder that stays does no harm
  std::filesystem::remove_all(work.unfinished, ignored);
  if (!flags.qdq.empty()) write_file_atomically(flags.qdq, compiler::qdq_model(compilation.quantized));
  if (!flags.json.empty()) write_json(report_json(model, configuration, compilation, bytes.size()), flags.json);
  if (flags.quiet) return;
  print_layers(compilation.layers);
  print_differences(compilation.quantized);
  const auto lowered =
      std::accumulate(compilation.layers.begin(), compilation.layers.end(), std::size_t{0},
                      [](std::size_t sum, const auto& layer) { return sum + layer.lowered_channels.size(); });
  fmt::print(
      "{}: {} layers, {} commands, {} bytes ({} of weights, {} of channel scales), DRAM {} bytes; {} channels lowered "
      "against overflow\n",
      flags.output, compilation.image.layers.size(), compilation.image.commands.size(), bytes.size(),
      compilation.image.weights.bytes.size(), compilation.image.scales.bytes.size(), compilation.image.dram_bytes,
      lowered);
}

}  // namespace

void add_compile_command(CLI::App& app) {
  auto flags = std::make_shared<CompileFlags>();
  CLI::App* command = app.add_subcommand("compile", "Turn a trained network into an image for the machine");
  command->footer(
      "Example:\n  evenshift compile mobilenet.onnx -c configs/npu_16x16.yaml --calibrate images/ --shift-bits 3 -o "
      "net.evs\n"
      "MODEL.yaml beside MODEL.onnx says how inputs are made; the calibration folder holds them. A model that is "
      "quantized\n"
      "already (ONNX with QuantizeLinear, or TFLite) keeps its integers and scales. Methods that train blocks of "
      "layers take\n"
      "minutes; stopped, the same command goes on where it was (from NET.evs.unfinished).");
  command->add_option("model", flags->model, "MODEL.onnx or MODEL.tflite, with MODEL.yaml beside it")
      ->required()
      ->type_name("MODEL");
  declare_sidecar(*command, flags->sidecar);
  command
      ->add_option("--calibrate", flags->calibrate,
                   "Folder of inputs that activation ranges are taken from; not needed where the model has them all")
      ->type_name("DATA");
  command->add_option("-o,--output", flags->output, "The image to write")->required()->type_name("NET.evs");
  flags->configuration.declare(*command);
  command->add_flag(
      "--fit", flags->fit,
      "Refit imported integer weights whose channel scales the shifter cannot carry; 'evenshift fit' shows how");
  command->add_option("--qdq", flags->qdq, "Also write the quantized network as ONNX with QuantizeLinear")
      ->type_name("FILE.onnx");
  command->add_option("--threads", flags->threads, "Threads (default: all); the result does not depend on it");
  command->add_option("--json", flags->json, "Write the report as JSON; - is standard output")->type_name("FILE");
  command->add_flag("-q,--quiet", flags->quiet, "No progress, no table");
  command->callback([flags] { run_compile(*flags); });
}

}  // namespace evenshift::cli

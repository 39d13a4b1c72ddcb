#include <fmt/format.h>

#include <numeric>

#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/model.h"
#include "cli/output.h"
#include "compiler/compile.h"
#include "compiler/reference/float_evaluator.h"

namespace evenshift::cli {
namespace {

struct Flags {
  std::string model, sidecar, calibrate, output, json;
  ConfigurationFlags configuration;
  int threads = 0;
  bool quiet = false;
};

/// "0:12 3:20 4:32": channels by k_c, the empty ones left out.
std::string histogram_text(const std::vector<std::int64_t>& histogram) {
  std::string text;
  for (std::size_t k = 0; k < histogram.size(); ++k)
    if (histogram[k] > 0) text += fmt::format("{}{}:{}", text.empty() ? "" : " ", k, histogram[k]);
  return text;
}

void print_layers(const std::vector<compiler::LayerReport>& layers) {
  fmt::print("{:<28} {:>8}  {:>17}  {:>17}  {}\n", "layer", "channels", "mean Rc/L  -> ", "weight SQNR dB ->",
             "channels by shift k");
  for (const auto& layer : layers) {
    fmt::print("{:<28} {:>8}  {:>7.4f} -> {:>6.4f}  {:>7.1f} -> {:>6.1f}  {}", layer.name.substr(0, 28), layer.channels,
               layer.mean_range_ratio_before, layer.mean_range_ratio_after, layer.weight_sqnr_db_before,
               layer.weight_sqnr_db_after, histogram_text(layer.shift_histogram));
    if (layer.dead_channels > 0) fmt::print("  dead {}", layer.dead_channels);
    if (!layer.lowered_channels.empty()) fmt::print("  lowered {}", layer.lowered_channels.size());
    if (!layer.clipped_channels.empty()) fmt::print("  clipped {}", layer.clipped_channels.size());
    if (layer.scale_raised > 1) fmt::print("  scale x{:g}", layer.scale_raised);
    fmt::print("\n");
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

void run(const Flags& flags) {
  check_writable(flags.output);
  check_writable(flags.json);
  const Configuration configuration = configuration_from(flags.configuration);
  compiler::use_portable_instruction_set();
  const Model model = load_model(flags.model, flags.sidecar);
  const auto ranges = calibrate_model(model, flags.calibrate, configuration.compile, flags.threads, flags.quiet);
  const compiler::Compilation compilation = compiler::compile(
      *model.graph, ranges, configuration.npu, configuration.compile, host_json(model, configuration.compile));
  const auto bytes = image::write(compilation.image);
  write_file_atomically(flags.output, bytes);
  if (!flags.json.empty()) write_json(report_json(model, configuration, compilation, bytes.size()), flags.json);
  if (flags.quiet) return;
  print_layers(compilation.layers);
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
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("compile", "Turn a trained network into an image for the machine");
  command->footer(
      "Example:\n  evenshift compile mobilenet.onnx -c configs/npu_16x16.yaml --calibrate images/ --shift-bits 3 -o "
      "net.evs\n"
      "MODEL.yaml beside MODEL.onnx says how inputs are made; the calibration folder holds them. A model that is quantized\n"
      "already (ONNX with QuantizeLinear, or TFLite) keeps its integers and scales.");
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
  command->add_option("--threads", flags->threads, "Threads (default: all); the result does not depend on it");
  command->add_option("--json", flags->json, "Write the report as JSON; - is standard output")->type_name("FILE");
  command->add_flag("-q,--quiet", flags->quiet, "No progress, no table");
  command->callback([flags] { run(*flags); });
}

}  // namespace evenshift::cli

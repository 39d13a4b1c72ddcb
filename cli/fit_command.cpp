#include <fmt/format.h>

#include <algorithm>

#include "arch/base/atomic_file.h"
#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/output.h"
#include "compiler/calibrate/value_params.h"
#include "compiler/equalize/fit_shifts.h"
#include "compiler/export/qdq_model.h"
#include "compiler/import/import.h"
#include "compiler/ir/passes/canonicalize.h"
#include "compiler/ir/passes/quantizers.h"
#include "compiler/quantize/quantize_graph.h"

namespace evenshift::cli {
namespace {

struct FitFlags {
  std::string model, output, json;
  ConfigurationFlags configuration;
  bool quiet = false;
};

void print_fits(const std::vector<compiler::ShiftFit>& fits, std::int64_t shift_bits) {
  fmt::print("{:<28} {:<14} {:>8}  {:<7} {:>14} {:>17}  {}\n", "layer", "kind", "channels", "shifter", "weight SQNR dB",
             "worst step ratio", "channels by shift k");
  for (const compiler::ShiftFit& fit : fits) {
    std::vector<std::int64_t> histogram(std::size_t{1} << shift_bits, 0);
    for (const int shift : fit.shifts) ++histogram[static_cast<std::size_t>(shift)];
    fmt::print("{:<28} {:<14} {:>8}  ", fit.name.substr(0, 28), fit.kind, fit.channels);
    if (fit.is_exact)
      fmt::print("{:<7} {:>14} {:>17}  {}\n", "exact", "-", "-", histogram_text(histogram));
    else
      fmt::print("{:<7} {:>14.1f} {:>17}  {}\n", "refit", fit.weight_sqnr_db,
                 fmt::format("{:.3f} (channel {})", fit.worst_step_ratio, fit.worst_channel),
                 histogram_text(histogram));
  }
}

nlohmann::ordered_json to_json(const std::vector<compiler::ShiftFit>& fits, const std::string& model,
                               std::int64_t shift_bits) {
  nlohmann::ordered_json report = {
      {"model", model}, {"shift_bits", shift_bits}, {"layers", nlohmann::ordered_json::array()}};
  for (const compiler::ShiftFit& fit : fits)
    report["layers"].push_back({{"name", fit.name},
                                {"kind", fit.kind},
                                {"channels", fit.channels},
                                {"exact", fit.is_exact},
                                {"layer_scale", fit.layer_scale},
                                {"shifts", fit.shifts},
                                {"weight_sqnr_db", fit.weight_sqnr_db},
                                {"worst_channel", fit.worst_channel},
                                {"worst_step_ratio", fit.worst_step_ratio}});
  return report;
}

/// The refitted network as ONNX: all of its values have their parameters.
void write_network(const compiler::Graph& graph, const Configuration& configuration, const FitFlags& flags) {
  if (!compiler::is_quantized(graph))
    fail(
        "{} has values without quantization parameters, which -o would have to write; 'evenshift compile --fit --qdq' "
        "calibrates them",
        flags.model);
  NpuConfig machine = configuration.npu;
  machine.requantizer.requant_scale = RequantScale::layer_with_channel_shift;
  const std::vector<compiler::ValueRange> no_ranges(graph.values.size());
  write_file_atomically(
      flags.output,
      compiler::qdq_model(compiler::quantize_graph(graph, no_ranges, machine, configuration.compile).graph));
}

void run_fit(const FitFlags& flags) {
  check_writable(flags.output);
  check_writable(flags.json);
  const Configuration configuration = configuration_from(flags.configuration);
  const std::int64_t shift_bits = configuration.npu.requantizer.shift_bits;
  std::vector<compiler::ShiftFit> fits;
  const compiler::Graph fitted = compiler::fit_shifts(compiler::canonicalize(compiler::import_network(flags.model)),
                                                      static_cast<int>(shift_bits), fits);
  if (fits.empty())
    fail("{} has no quantized weights: a fit is for networks that are quantized already, others are compiled",
         flags.model);
  if (!flags.output.empty()) write_network(fitted, configuration, flags);
  if (!flags.json.empty())
    write_json(to_json(fits, std::filesystem::path(flags.model).stem().string(), shift_bits), flags.json);
  if (flags.quiet || flags.json == "-") return;
  print_fits(fits, shift_bits);
  const auto exact = std::ranges::count_if(fits, &compiler::ShiftFit::is_exact);
  fmt::print("a shifter of {} bits carries {} of {} layers exactly{}\n", shift_bits, exact, fits.size(),
             flags.output.empty() || flags.output == "-"
                 ? ""
                 : fmt::format("; the network with all of them fitted is {}", flags.output));
}

}  // namespace

void add_fit_command(CLI::App& app) {
  auto flags = std::make_shared<FitFlags>();
  CLI::App* command = app.add_subcommand(
      "fit", "Say whether a shifter carries a quantized network's channel scales, and refit those it cannot");
  command->footer(
      "Example:\n  evenshift fit net.tflite --shift-bits 3 -o net_fitted.onnx\n"
      "'evenshift compile net.tflite --fit' does the same on the way to an image.");
  command->add_option("model", flags->model, "MODEL.tflite, or MODEL.onnx with DequantizeLinear")
      ->required()
      ->type_name("MODEL");
  command->add_option("-o,--output", flags->output, "Write the fitted network as ONNX with QuantizeLinear")
      ->type_name("FITTED.onnx");
  flags->configuration.declare(*command);
  command->add_option("--json", flags->json, "Write the report as JSON; - is standard output")->type_name("FILE");
  command->add_flag("-q,--quiet", flags->quiet, "No table");
  command->callback([flags] { run_fit(*flags); });
}

}  // namespace evenshift::cli

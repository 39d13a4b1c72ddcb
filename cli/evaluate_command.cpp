#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/scoring.h"

namespace evenshift::cli {
namespace {

struct EvaluateFlags {
  std::string network, sidecar, data, against, json;
  std::int64_t limit = 0;
  int threads = 0;
  bool quiet = false;
};

host::Dataset labelled(const host::Sidecar& sidecar, const EvaluateFlags& flags) {
  if (!sidecar.labels) fail("{}: its sidecar has no labels section, which evaluation needs", flags.network);
  const host::Dataset data = host::read_dataset(flags.data, sidecar.labels->column);
  return flags.limit > 0 ? data.slice(0, static_cast<std::size_t>(flags.limit)) : data;
}

Score score(const EvaluateFlags& flags) {
  ScoringOptions options{flags.threads, flags.quiet, "evaluate"};
  FloatOutputs reference;
  const auto score_reference = [&](const host::Dataset& data) {
    if (flags.against.empty()) return;
    score_float(load_model(flags.against, flags.sidecar), data, {flags.threads, flags.quiet, "evaluate float"},
                &reference);
  };
  if (is_image_file(flags.network)) {
    const Network network(flags.network);
    const host::Dataset data = labelled(network.sidecar(), flags);
    score_reference(data);
    return score_image(network, data, options, flags.against.empty() ? nullptr : &reference);
  }
  if (!flags.against.empty())
    fail("--against compares an image (.evs) with its model; '{}' is not an image", flags.network);
  const Model model = load_model(flags.network, flags.sidecar);
  return score_float(model, labelled(model.sidecar, flags), options);
}

void run_evaluate(const EvaluateFlags& flags) {
  check_writable(flags.json);
  const Score result = score(flags);
  if (!flags.json.empty()) {
    nlohmann::ordered_json report = {{"images", result.images}, {"top1", result.top1}, {"top5", result.top5}};
    if (result.agreement) report["agreement"] = *result.agreement;
    if (result.output_sqnr_db) report["output_sqnr_db"] = *result.output_sqnr_db;
    write_json(report, flags.json);
    if (flags.json == "-") return;
  }
  fmt::print("{} images: top-1 {:.2f} %, top-5 {:.2f} %", result.images, 100 * result.top1, 100 * result.top5);
  if (result.agreement) fmt::print(", agreement with float {:.2f} %", 100 * *result.agreement);
  if (result.output_sqnr_db) fmt::print(", output SQNR {:.1f} dB", *result.output_sqnr_db);
  fmt::print("\n");
}

}  // namespace

void add_evaluate_command(CLI::App& app) {
  auto flags = std::make_shared<EvaluateFlags>();
  CLI::App* command = app.add_subcommand("evaluate", "Accuracy of a float network or of an image on labelled inputs");
  command->footer(
      "Example:\n  evenshift evaluate net.evs --data images/ --against mobilenet.onnx --json score.json\n"
      "The folder holds labels.csv (header file,<label column>) and the files that it names.");
  command->add_option("network", flags->network, "MODEL.onnx or MODEL.tflite (in floats) or NET.evs (integers)")
      ->required()
      ->type_name("MODEL|NET.evs");
  declare_sidecar(*command, flags->sidecar);
  command->add_option("--data", flags->data, "Folder of labelled inputs")->required()->type_name("DATA");
  command->add_option("--limit", flags->limit, "Use only the first N inputs")->check(CLI::PositiveNumber);
  command->add_option("--threads", flags->threads, "Threads (default: all); the result does not depend on it");
  command
      ->add_option("--against", flags->against,
                   "Compare with this float network: agreement of the first class, SQNR of the outputs")
      ->type_name("MODEL");
  command->add_option("--json", flags->json, "Write the result as JSON; - is standard output")->type_name("FILE");
  command->add_flag("-q,--quiet", flags->quiet, "No progress");
  command->callback([flags] { run_evaluate(*flags); });
}

}  // namespace evenshift::cli

#include <fmt/format.h>

#include "arch/base/parallel.h"
#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/explain_report.h"
#include "cli/model.h"
#include "cli/network_io.h"
#include "cli/output.h"
#include "compiler/explain/explain.h"
#include "compiler/reference/float_evaluator.h"
#include "sim/functional/functional_executor.h"

namespace evenshift::cli {
namespace {

struct ExplainFlags {
  std::string model, calibrate, json;
  ConfigurationFlags configuration;
  std::int64_t images = 32;
  int threads = 0;
  bool quiet = false;
};

constexpr std::int64_t kMostOthers = 1'000'000;

/// The first output of an image on some inputs, by the functional executor.
compiler::Outputs run_image(const image::Image& image, const compiler::Images& inputs, const std::string& where,
                            int threads) {
  const Network network(image, where);
  const auto program = sim::Program::build(network.image(), sim::default_instruction_set());
  const auto& input =
      network.image().tensors[static_cast<std::size_t>(network.image().tensors_with(image::TensorRole::input).at(0))];
  std::vector<std::unique_ptr<sim::FunctionalExecutor>> executors(
      static_cast<std::size_t>(thread_count(threads, inputs.size())));
  compiler::Outputs outputs(inputs.size());
  parallel_for_ordered(inputs.size(), threads, [&](std::size_t index, int worker) {
    auto& executor = executors[static_cast<std::size_t>(worker)];
    if (!executor) executor = std::make_unique<sim::FunctionalExecutor>(program);
    const std::vector<sim::TensorCodes> codes = {quantize_input(input, inputs[index].at(0).values)};
    outputs[index] = network.logits(executor->run(codes));
  });
  return outputs;
}

void run_explain(const ExplainFlags& flags) {
  check_writable(flags.json);
  const Configuration configuration = configuration_from(flags.configuration);
  compiler::use_portable_instruction_set();
  const Model model = load_model(flags.model);
  const std::int64_t calibrating = configuration.compile.calibration_images;
  const CalibrationImages images(model, flags.calibrate, calibrating);
  const CalibrationImages others(model, flags.calibrate, kMostOthers, calibrating);
  StageDisplay display(flags.quiet);
  const compiler::WorkContext work = display.work(flags.threads);
  const compiler::Explanation explanation =
      compiler::explain({*model.graph, images.data(), others.data(), flags.images, configuration.npu,
                         configuration.compile, host_json(model, configuration.compile),
                         [&](const image::Image& image, const compiler::Images& inputs) {
                           return run_image(image, inputs, flags.model, flags.threads);
                         }},
                        work);
  display.finish();
  if (!flags.quiet) images.report_enlarged();
  const ExplainSubject subject{model.path.stem().string(), configuration, images.names()};
  if (!flags.json.empty()) write_json(explain_json(subject, explanation), flags.json);
  if (flags.json != "-") fmt::print("{}", explain_text(subject, explanation));
}

}  // namespace

void add_explain_command(CLI::App& app) {
  auto flags = std::make_shared<ExplainFlags>();
  CLI::App* command =
      app.add_subcommand("explain", "Which layers cost the accuracy, why, and what the cheapest remedy is");
  command->footer(
      "Example:\n  evenshift explain mobilenet.onnx -c configs/npu_16x16.yaml --calibrate images/ --shift-bits 1\n"
      "Takes the flags of 'compile'. docs/explain.md says what is measured and how.");
  command->add_option("model", flags->model, "MODEL.onnx, with MODEL.yaml beside it")
      ->required()
      ->type_name("MODEL.onnx");
  command
      ->add_option(
          "--calibrate", flags->calibrate,
          "Folder of inputs: the first ones (--calibration-images) calibrate, the others, if there are any, are "
          "measured")
      ->required()
      ->type_name("DATA");
  command->add_option("--images", flags->images, "Inputs that are measured at most (default: 32)")
      ->check(CLI::PositiveNumber);
  flags->configuration.declare(*command);
  command->add_option("--threads", flags->threads, "Threads (default: all); the result does not depend on it");
  command->add_option("--json", flags->json, "Write the report as JSON; - is standard output")->type_name("FILE");
  command->add_flag("-q,--quiet", flags->quiet, "No progress");
  command->callback([flags] { run_explain(*flags); });
}

}  // namespace evenshift::cli

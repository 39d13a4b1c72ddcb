#include "cli/app.h"

#include <fmt/format.h>

#include "cli/commands.h"

namespace evenshift::cli {

std::unique_ptr<CLI::App> make_app() {
  auto app = std::make_unique<CLI::App>("Fixed-point NPU simulator with bit-shift equalization.", "evenshift");
  app->set_version_flag("--version", std::string("evenshift ") + EVENSHIFT_VERSION);
  app->require_subcommand(1);
  app->failure_message([](const CLI::App* command, const CLI::Error& error) {
    return "evenshift: " + CLI::FailureMessage::simple(command, error);
  });
  app->footer(
      "Example:\n  evenshift compile models/shapes_mobilenet_v1.onnx --calibrate models/data/shapes_calibration -o "
      "net.evs\n"
      "Exit status: 0, 1 where an input is at fault, 2 where the command line is, 128 + the signal where one ended it. "
      "'evenshift COMMAND --help' tells "
      "more.");
  add_compile_command(*app);
  add_fit_command(*app);
  add_run_command(*app);
  add_verify_command(*app);
  add_evaluate_command(*app);
  add_explain_command(*app);
  add_sweep_command(*app);
  add_simulate_command(*app);
  add_inspect_command(*app);
  add_export_command(*app);
  return app;
}

std::string command_line_markdown() {
  const auto app = make_app();
  std::string text =
      "# Command line\n\nWhat `--help` prints; generated from it. Every JSON carries `schema_version`; numbers carry "
      "their unit in\n"
      "the key. Faults of an input end with status 1 and a sentence for each, faults of the command line with status "
      "2.\n\n```\n" +
      app->help() + "```\n";
  for (const CLI::App* command : app->get_subcommands([](const CLI::App*) { return true; }))
    text += fmt::format("\n## {}\n\n```\n{}```\n", command->get_name(), command->help("evenshift"));
  return text;
}

}  // namespace evenshift::cli

#include <CLI/CLI.hpp>
#include <cstdio>
#include <new>

#include "arch/base/error.h"
#include "cli/commands.h"

namespace {

constexpr int kUserFault = 1;
constexpr int kUsageFault = 2;

int report(const char* kind, const char* sentence) {
  std::fprintf(stderr, "evenshift: %s%s\n", kind, sentence);
  return kUserFault;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Fixed-point NPU simulator with bit-shift equalization.", "evenshift");
  app.set_version_flag("--version", std::string("evenshift ") + EVENSHIFT_VERSION);
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Show the help of every command");
  app.footer(
      "Example:\n  evenshift compile models/shapes_mobilenet_v1.onnx --calibrate models/data/shapes_calibration -o "
      "net.evs");
  evenshift::cli::add_compile_command(app);
  evenshift::cli::add_run_command(app);
  evenshift::cli::add_verify_command(app);
  evenshift::cli::add_evaluate_command(app);
  evenshift::cli::add_sweep_command(app);
  evenshift::cli::add_simulate_command(app);
  evenshift::cli::add_inspect_command(app);
  evenshift::cli::add_export_command(app);
  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsageFault;
  } catch (const evenshift::Error& error) {
    return report("", error.what());
  } catch (const std::bad_alloc&) {
    return report("", "out of memory");
  } catch (const std::exception& error) {
    return report("internal error, please report it: ", error.what());
  }
}

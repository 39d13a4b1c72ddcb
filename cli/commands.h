#pragma once

#include <CLI/CLI.hpp>

/// One function a subcommand: declares its flags on `app` and what runs when it is chosen. The work throws Error.
namespace evenshift::cli {

void add_compile_command(CLI::App& app);
void add_evaluate_command(CLI::App& app);
void add_explain_command(CLI::App& app);
void add_export_command(CLI::App& app);
void add_fit_command(CLI::App& app);
void add_inspect_command(CLI::App& app);
void add_run_command(CLI::App& app);
void add_simulate_command(CLI::App& app);
void add_sweep_command(CLI::App& app);
void add_verify_command(CLI::App& app);

}  // namespace evenshift::cli

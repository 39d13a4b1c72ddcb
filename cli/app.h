#pragma once

#include <CLI/CLI.hpp>
#include <memory>

namespace evenshift::cli {

/// The whole command line: the program, its subcommands, their flags and help.
std::unique_ptr<CLI::App> make_app();

/// The help of the program and of every subcommand as Markdown: docs/command_line.md.
std::string command_line_markdown();

}  // namespace evenshift::cli

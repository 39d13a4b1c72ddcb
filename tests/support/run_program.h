#pragma once

#include <string>
#include <utility>
#include <vector>

namespace evenshift::support {

/// What a program did.
struct ProgramRun {
  int status = -1;  ///< exit status; -signal where a signal ended it
  bool timed_out = false;
  std::string output, errors;  ///< standard output, standard error
};

struct ProgramOptions {
  std::vector<std::pair<std::string, std::string>> environment = {};  ///< beside what this process has
  double timeout_seconds = 300;                                       ///< then the program is killed
  std::string folder = {};                                            ///< to run in; empty: where this process is
};

/// Runs `arguments[0]` with the rest as arguments, input from /dev/null, and waits for it.
ProgramRun run_program(const std::vector<std::string>& arguments, const ProgramOptions& options = {});

}  // namespace evenshift::support

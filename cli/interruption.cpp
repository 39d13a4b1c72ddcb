#include "cli/interruption.h"

#include <unistd.h>

#include <csignal>
#include <string_view>

#include "arch/base/atomic_file.h"

namespace evenshift::cli {
namespace {

/// Calls what a handler may call, nothing else.
extern "C" void end_the_program(int signal) {
  using namespace std::string_view_literals;
  constexpr std::string_view kSentence =
      "\nevenshift: interrupted; no file is half written, and a sweep goes on where it stopped\n"sv;
  remove_temporaries();
  [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, kSentence.data(), kSentence.size());
  ::_exit(128 + signal);
}

}  // namespace

void handle_interruptions() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action {};
    struct sigaction before {};
    action.sa_handler = end_the_program;
    // One that is ignored, as by nohup, stays so.
    if (::sigaction(signal, nullptr, &before) == 0 && before.sa_handler != SIG_IGN)
      ::sigaction(signal, &action, nullptr);
  }
}

}  // namespace evenshift::cli

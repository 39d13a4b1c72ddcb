#include <cstdio>
#include <new>

#include "arch/base/error.h"
#include "cli/app.h"
#include "cli/interruption.h"

namespace {

constexpr int kUserFault = 1;
constexpr int kUsageFault = 2;

/// Every line of the message is a fault of its own.
int report(const char* kind, const std::string& sentences) {
  std::string line;
  for (const char c : sentences + "\n") {
    if (c != '\n') {
      line += c;
      continue;
    }
    std::fprintf(stderr, "evenshift: %s%s\n", kind, line.c_str());
    line.clear();
  }
  return kUserFault;
}

}  // namespace

int main(int argc, char** argv) {
  evenshift::cli::handle_interruptions();
  const auto app = evenshift::cli::make_app();
  try {
    app->parse(argc, argv);
    return 0;
  } catch (const CLI::ParseError& error) {
    return app->exit(error) == 0 ? 0 : kUsageFault;
  } catch (const evenshift::Error& error) {
    return report("", error.what());
  } catch (const std::bad_alloc&) {
    return report("", "out of memory");
  } catch (const std::exception& error) {
    return report("internal error, please report it: ", error.what());
  }
}

#include <malloc.h>

#include <cstdio>
#include <limits>
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

/// Freed memory stays with the process: calibration and training allocate and free tens of megabytes at a time, and
/// every page that comes fresh from the system costs a fault.
void keep_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  mallopt(M_TOP_PAD, 64 << 20);
#endif
}

}  // namespace

int main(int argc, char** argv) {
  keep_freed_memory();
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

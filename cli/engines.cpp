#include "cli/engines.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "arch/base/error.h"
#include "rtl/cosim/rtl_conv_core.h"
#include "rtl/cosim/rtl_vector_unit.h"
#include "sim/functional/functional_executor.h"

namespace evenshift::cli {

const std::vector<std::string>& engine_names() {
  static const std::vector<std::string> names = {"functional", "systemc", "rtl"};
  return names;
}

std::unique_ptr<sim::Executor> make_engine(const std::string& name) {
  if (name == "functional") return std::make_unique<sim::FunctionalExecutor>();
  if (std::ranges::find(engine_names(), name) == engine_names().end())
    fail("engine '{}' is not known; known are {}", name, fmt::join(engine_names(), ", "));
  return make_timed_engine(name);
}

std::unique_ptr<sim::SystemCExecutor> make_timed_engine(const std::string& name,
                                                        std::shared_ptr<rtl::VcdRecording> recording) {
  if (recording && name != "rtl") fail("engine '{}' has no signals to record as VCD; --engine rtl has", name);
  if (name == "systemc") return std::make_unique<sim::SystemCExecutor>();
  if (name == "rtl")
    return std::make_unique<sim::SystemCExecutor>(rtl::make_rtl_conv_core(std::move(recording)),
                                                  rtl::make_rtl_vector_unit(), "rtl");
  fail("engine '{}' does not count cycles; systemc and rtl do", name);
}

std::vector<std::string> parse_engine_list(const std::string& list) {
  std::vector<std::string> names;
  std::stringstream stream(list);
  for (std::string name; std::getline(stream, name, ',');) {
    if (std::ranges::find(engine_names(), name) == engine_names().end())
      fail("engine '{}' is not known; known are {}", name, fmt::join(engine_names(), ", "));
    if (std::ranges::find(names, name) != names.end()) fail("engine '{}' is named twice", name);
    names.push_back(name);
  }
  if (names.empty()) fail("no engine is named; known are {}", fmt::join(engine_names(), ", "));
  return names;
}

}  // namespace evenshift::cli

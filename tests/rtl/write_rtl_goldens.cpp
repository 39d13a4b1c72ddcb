// write_rtl_goldens conv SIZE CHAINS SEED FILE      goldens for evenshift_conv_core_tb.sv
// write_rtl_goldens requantizer CASES SEED FILE     goldens for evenshift_requantizer_tb.sv
// write_rtl_goldens vector COMMANDS SEED FILE       goldens for evenshift_vector_unit_tb.sv
#include <fmt/format.h>

#include <exception>
#include <string>
#include <vector>

#include "arch/base/atomic_file.h"
#include "arch/base/error.h"
#include "tests/rtl/conv_goldens.h"
#include "tests/rtl/golden_words.h"
#include "tests/rtl/requantizer_goldens.h"
#include "tests/rtl/vector_goldens.h"

namespace {

std::vector<std::uint32_t> goldens(const std::vector<std::string>& arguments) {
  if (arguments.size() == 5 && arguments[0] == "conv")
    return evenshift::rtl::conv_goldens(static_cast<std::uint32_t>(std::stoul(arguments[3])), std::stoi(arguments[1]),
                                        std::stoi(arguments[2]));
  if (arguments.size() == 4 && arguments[0] == "requantizer")
    return evenshift::rtl::requantizer_goldens(static_cast<std::uint32_t>(std::stoul(arguments[2])),
                                               std::stoi(arguments[1]));
  if (arguments.size() == 4 && arguments[0] == "vector")
    return evenshift::rtl::vector_goldens(static_cast<std::uint32_t>(std::stoul(arguments[2])),
                                          std::stoi(arguments[1]));
  evenshift::fail(
      "usage: write_rtl_goldens conv SIZE CHAINS SEED FILE | write_rtl_goldens requantizer CASES SEED FILE | "
      "write_rtl_goldens vector COMMANDS SEED FILE");
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    const auto words = goldens(arguments);
    evenshift::write_file_atomically(arguments.back(), evenshift::rtl::readmemh_text(words));
  } catch (const std::exception& error) {
    fmt::print(stderr, "write_rtl_goldens: {}\n", error.what());
    return 1;
  }
  return 0;
}

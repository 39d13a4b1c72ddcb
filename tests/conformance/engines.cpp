#include "tests/conformance/engines.h"

#include "rtl/cosim/rtl_conv_core.h"
#include "rtl/cosim/rtl_vector_unit.h"
#include "sim/functional/functional_executor.h"
#include "sim/functional/instruction_set.h"
#include "sim/systemc/systemc_executor.h"

namespace evenshift::conformance {

std::vector<Engine> engines() {
  std::vector<Engine> all;
  for (const sim::InstructionSet set : sim::supported_instruction_sets())
    all.push_back({"functional_" + std::string(to_string(set)),
                   [set] { return std::make_unique<sim::FunctionalExecutor>(set); }, false});
  all.push_back({"systemc", [] { return std::make_unique<sim::SystemCExecutor>(); }, false});
  all.push_back({"rtl",
                 [] {
                   return std::make_unique<sim::SystemCExecutor>(rtl::make_rtl_conv_core(), rtl::make_rtl_vector_unit(),
                                                                 "rtl");
                 },
                 true});
  return all;
}

}  // namespace evenshift::conformance

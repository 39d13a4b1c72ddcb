#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "sim/executor.h"

namespace evenshift::conformance {

/// An executor that the suite is instantiated for.
struct Engine {
  std::string name;  ///< "functional_avx2", "systemc", "rtl", …
  std::function<std::unique_ptr<sim::Executor>()> make;
  bool needs_built_array = false;  ///< runs only the array sizes of kBuiltArrays

  friend std::ostream& operator<<(std::ostream& out, const Engine& engine) { return out << engine.name; }
};

/// The functional executor with every instruction set that this machine supports, the SystemC model, the RTL.
std::vector<Engine> engines();

/// MAC arrays, square, of which there is a Verilated instance.
inline const std::vector<std::int64_t> kBuiltArrays = {4, 8, 16, 32};

}  // namespace evenshift::conformance

#pragma once

#include "sim/systemc/command_unit.h"
#include "sim/systemc/scratchpad.h"

namespace evenshift::sim::systemc {

/// Conv core and vector unit, one command at a time. Cycles and bytes come from the datapath; a command reads the
/// scratchpad at its start, and its results are there at its end.
class ComputeUnit : public CommandUnit {
 public:
  ComputeUnit(sc_core::sc_module_name name, Run& run, TokenBoard& tokens, Scratchpad& scratchpad)
      : CommandUnit(name, isa::Unit::compute, run, tokens), scratchpad_(scratchpad) {}

 protected:
  std::int64_t start(const isa::Command& command) override;
  std::optional<std::int64_t> advance(const isa::Command& command) override;
  UnitTime& time() override { return run_.statistics().compute.time; }

 private:
  std::int64_t run_conv(const isa::Conv& conv);
  std::int64_t run_vector(const isa::Operation& operation);

  Scratchpad& scratchpad_;
  DeferredWrites writes_;
};

}  // namespace evenshift::sim::systemc

#pragma once

#include <cstdint>
#include <string>

#include "arch/config/npu_config.h"
#include "arch/isa/commands.h"
#include "tests/rtl/coverage_counters.h"
#include "tests/rtl/random_vector.h"

namespace evenshift::rtl {

/// Counters of what commands of the vector unit reach: the command, its beats, taps and table entries, and the values
/// that are rounded and clamped. A counter's name begins with the command's.
class VectorCoverage : public CoverageCounters {
 public:
  VectorCoverage();

  /// A command that is executed on the machine, with the scratchpad as it is before.
  void command(const VectorCommand& test);

 private:
  void reach(const std::string& what, bool condition = true);

  template <typename Op>
  void beats(const Op& op, const NpuConfig& config);
  template <typename Op>
  void pair(const Op& op);
  template <typename Op>
  void output(const Op& op, std::int64_t value);
  void scale(std::int64_t multiplier, std::int64_t shift);
  void difference(std::int64_t value);
  void tie(std::int64_t value, std::int64_t shift, RoundingMode mode);
  void product(std::int32_t product, const isa::Multiply& op, RoundingMode mode);
  template <typename Op, typename Window>
  void windows(const Op& op, std::int64_t dilation_height, std::int64_t dilation_width, Window&& window);

  void values(const isa::Add& op, const VectorCommand& test);
  void values(const isa::Multiply& op, const VectorCommand& test);
  void values(const isa::MaxPool& op, const VectorCommand& test);
  void values(const isa::AveragePool& op, const VectorCommand& test);
  void values(const isa::Lookup& op, const VectorCommand& test);
  void values(const isa::ParametricRelu& op, const VectorCommand& test);
  void values(const isa::Gather& op, const VectorCommand& test);
  void values(const isa::Fill& op, const VectorCommand& test);

  std::string kind_;
};

}  // namespace evenshift::rtl

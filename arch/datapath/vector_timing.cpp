#include "arch/datapath/vector_timing.h"

#include <algorithm>

#include "arch/base/ceil_divide.h"
#include "arch/datapath/vector_work.h"

namespace evenshift::datapath {
namespace {

/// Cycles in which a lookup loads its table, and those in which a gather reads an index before each row and pixel.
template <typename Op>
std::int64_t table_cycles(const Op& op) {
  if constexpr (std::is_same_v<Op, isa::Lookup>) return kTableLoadCycles;
  if constexpr (std::is_same_v<Op, isa::Gather>) return 1 + op.output_height * (1 + op.output_width);
  return 0;
}

template <typename Op>
std::int64_t beat_cycles(const Op& op, const NpuConfig& config) {
  const std::int64_t lanes = config.vector_unit.lanes;
  const std::int64_t bandwidth = config.scratchpad.banks * config.scratchpad.bytes_per_bank_per_cycle;
  const auto beat = [&](std::int64_t elements, std::int64_t outputs) {
    return std::max<std::int64_t>(1, ceil_divide(elements * operands_of(op) + outputs, bandwidth));
  };
  const auto window = [&](std::int64_t elements) {
    return (taps_of(op) - 1) * beat(elements, 0) + beat(elements, elements);
  };
  const std::int64_t row = row_elements_of(op);
  const std::int64_t rest = row % lanes;
  return outputs_of(op) / row * (row / lanes * window(lanes) + (rest != 0 ? window(rest) : 0));
}

}  // namespace

std::int64_t vector_timing(const isa::Operation& operation, const NpuConfig& config) {
  return std::visit(
      [&](const auto& op) -> std::int64_t {
        if constexpr (kIsVector<std::decay_t<decltype(op)>>)
          return config.vector_unit.pipeline_cycles + table_cycles(op) + beat_cycles(op, config);
        else
          return 0;
      },
      operation);
}

}  // namespace evenshift::datapath

#pragma once

#include <cstdint>
#include <type_traits>

#include "arch/isa/commands.h"

namespace evenshift::datapath {

/// Whether a command belongs to the vector unit.
template <typename Op>
inline constexpr bool kIsVector =
    Op::kUnit == isa::Unit::compute && !std::is_same_v<Op, isa::Conv> && !std::is_same_v<Op, isa::Sync>;

/// Outputs that a command of the vector unit writes.
template <typename Op>
std::int64_t outputs_of(const Op& op) {
  if constexpr (requires { op.elements; })
    return op.elements;
  else
    return op.output_height * op.output_width * op.channels;
}

/// What its lanes work through: outputs, or taps for pooling.
template <typename Op>
std::int64_t work_of(const Op& op) {
  if constexpr (requires { op.kernel_height; })
    return outputs_of(op) * op.kernel_height * op.kernel_width;
  else
    return outputs_of(op);
}

/// Bytes that a lane reads for one unit of work.
template <typename Op>
constexpr std::int64_t operands_of(const Op&) {
  if constexpr (requires(Op op) { op.b_address; })
    return 2;
  else
    return requires(Op op) { op.input_address; }
  ? 1 : 0;
}

}  // namespace evenshift::datapath

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

/// Taps of an output, those outside the tile too.
template <typename Op>
std::int64_t taps_of(const Op& op) {
  if constexpr (requires { op.kernel_height; })
    return op.kernel_height * op.kernel_width;
  else
    return 1;
}

/// What its lanes work through: outputs, or taps for pooling.
template <typename Op>
std::int64_t work_of(const Op& op) {
  return outputs_of(op) * taps_of(op);
}

/// Outputs that lie together for the lanes: the channels of a pixel, the elements that a repeated operand goes with, or
/// all. A beat never crosses from one row to the next.
template <typename Op>
std::int64_t row_elements_of(const Op& op) {
  if constexpr (requires { op.b_period; })
    return op.b_period;
  else if constexpr (requires { op.channels; })
    return op.channels;
  else
    return op.elements;
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

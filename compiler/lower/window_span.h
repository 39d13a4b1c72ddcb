#pragma once

#include <algorithm>
#include <cstdint>

namespace evenshift::compiler {

inline constexpr std::int64_t kMaxField16 = 65535;  ///< what a command's 16-bit sizes hold

/// One axis of a sliding window.
struct WindowAxis {
  std::int64_t input = 1;   ///< size of the input
  std::int64_t output = 1;  ///< size of the output
  std::int64_t kernel = 1, stride = 1, dilation = 1;
  std::int64_t pad = 0;  ///< before the first input
};

/// The inputs that a range of outputs reads: `count` from `first` on, of which the first is `pad` steps into the window
/// of the first output.
struct InputSpan {
  std::int64_t first = 0, count = 1, pad = 0;
};

/// Inputs that outputs [first, first + count) read, without those in the padding. A range whose windows lie wholly in
/// the padding gets one input and so much padding that no window reaches it.
inline InputSpan input_span(const WindowAxis& axis, std::int64_t first, std::int64_t count) {
  const std::int64_t begin = first * axis.stride - axis.pad;
  const std::int64_t end = begin + (count - 1) * axis.stride + (axis.kernel - 1) * axis.dilation + 1;
  const std::int64_t inside_begin = std::clamp<std::int64_t>(begin, 0, axis.input);
  const std::int64_t inside_end = std::clamp<std::int64_t>(end, 0, axis.input);
  if (inside_begin >= inside_end) return {std::clamp<std::int64_t>(begin, 0, axis.input - 1), 1, end - begin};
  return {inside_begin, inside_end - inside_begin, inside_begin - begin};
}

/// The most inputs that `count` outputs read, wherever they are.
inline std::int64_t most_inputs(const WindowAxis& axis, std::int64_t count) {
  return std::min(axis.input, (count - 1) * axis.stride + (axis.kernel - 1) * axis.dilation + 1);
}

}  // namespace evenshift::compiler

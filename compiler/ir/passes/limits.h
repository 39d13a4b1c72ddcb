#pragma once

#include <string_view>

namespace evenshift::compiler {

inline constexpr std::string_view kSoftmaxAtOutputs =
    "softmax is computed by the host and has to be the last computation of an output";
inline constexpr std::string_view kReshapeAtOutputs =
    "a change of shape has to be at an output, before a dense layer, or before functions of one value at a time that "
    "are";
inline constexpr std::string_view kFinitePads =
    "a padding with an infinity has to be followed by max pooling alone, with a kernel greater than the padding";

/// What the machine asks of a whole network, in sentences for messages and for docs/operators.md.
inline constexpr std::string_view kGraphLimits[] = {kSoftmaxAtOutputs, kReshapeAtOutputs, kFinitePads};

}  // namespace evenshift::compiler

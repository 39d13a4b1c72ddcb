#pragma once

#include <cstdint>

namespace evenshift::compiler {

/// The widest of what a remedy asks for, or a loss is measured against.
inline constexpr std::int64_t kWidestShifter = 5;
inline constexpr std::int64_t kWidestWeights = 8;
inline constexpr std::int64_t kWidestActivations = 8;
inline constexpr std::int64_t kWidestMultiplier = 31;
inline constexpr std::int64_t kWidestAccumulator = 32;

}  // namespace evenshift::compiler

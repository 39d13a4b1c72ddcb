#pragma once

#include <string_view>

#include "arch/base/error.h"

namespace evenshift {

/// Throws InternalError naming `what` and both values unless `left == right`.
template <typename Left, typename Right>
void check_equal(const Left& left, const Right& right, std::string_view what) {
  if (!(left == right)) throw InternalError(fmt::format("{}: {} is not equal to {}", what, left, right));
}

/// Throws InternalError naming `what` and both values unless `left <= right`.
template <typename Left, typename Right>
void check_at_most(const Left& left, const Right& right, std::string_view what) {
  if (!(left <= right)) throw InternalError(fmt::format("{}: {} is greater than {}", what, left, right));
}

/// Throws InternalError with `what` unless `condition`.
inline void check(bool condition, std::string_view what) {
  if (!condition) throw InternalError(std::string(what));
}

}  // namespace evenshift

#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "rtl/cosim/clocked_core.h"

namespace evenshift::rtl {

/// Array sizes (mac_rows = mac_cols) that CMakeLists.txt Verilates.
inline constexpr std::array<std::int64_t, 4> kBuiltSizes = {4, 8, 16, 32};

/// A core of size `mac_rows` x `mac_cols`, which can be recorded if `traced`; nothing where that size was not built.
std::unique_ptr<ClockedCore> make_core(std::int64_t mac_rows, std::int64_t mac_cols, bool traced);

}  // namespace evenshift::rtl

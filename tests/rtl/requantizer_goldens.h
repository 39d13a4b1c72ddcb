#pragma once

#include <cstdint>
#include <vector>

namespace evenshift::rtl {

/// Random operands of a requantizer with everything chosen at run time, with what the definition makes of them, as the
/// words that evenshift_requantizer_tb.sv reads with $readmemh: the number of cases, then of each
///
///     acc, multiplier, shift, channel_multiplier, channel_shift, rounding, requant_scale, zero point, clamp low, clamp
///     high code, clamped low, clamped high
std::vector<std::uint32_t> requantizer_goldens(std::uint32_t seed, int cases);

}  // namespace evenshift::rtl

#pragma once

#include <cstdint>
#include <vector>

namespace evenshift::rtl {

/// `chains` random chains of conv commands for an array of `size` x `size`, with what the golden core makes of them, as
/// the words that evenshift_conv_core_tb.sv reads with $readmemh: the number of chains, then of each
///
///     accumulator_entries, requant_lanes, rounding, requant_scale, multiplier_bits, shift_bits, bandwidth,
///     bytes of the scratchpad, number of commands
///     the scratchpad
///     of each command: its encoded words; cycles, weight stalls, requantizer stalls, codes clamped low and high;
///     number of words of its drain requests, and of each request: first column + 2^16 · columns, the accumulators
///     the scratchpad behind the last command, where the output tiles are written
///
/// Bytes are four a word, the first one lowest.
std::vector<std::uint32_t> conv_goldens(std::uint32_t seed, std::int64_t size, int chains);

}  // namespace evenshift::rtl

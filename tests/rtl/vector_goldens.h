#pragma once

#include <cstdint>
#include <vector>

namespace evenshift::rtl {

/// `commands` random commands of the vector unit with what the golden model makes of them, as the words that
/// evenshift_vector_unit_tb.sv reads with $readmemh. Of each command:
///
///     lanes (never 0), rounding, bandwidth, number of its words, bytes of the scratchpad
///     its encoded words
///     the scratchpad before
///     1 for a table that leads outside the tile or asks for a shift above 62, otherwise 0; cycles, codes clamped low
///     and high
///     the scratchpad behind it
///
/// and a 0 behind the last one. Bytes are four a word, the first one lowest. Where the table is such, clamp counts and
/// the scratchpad behind mean nothing.
std::vector<std::uint32_t> vector_goldens(std::uint32_t seed, int commands);

}  // namespace evenshift::rtl

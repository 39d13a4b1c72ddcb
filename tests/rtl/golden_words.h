#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace evenshift::rtl {

/// Appends bytes, four a word, the first one lowest; the last word is filled up with zeros.
void append_bytes(std::vector<std::uint32_t>& words, const std::vector<std::uint8_t>& bytes);

/// One word a line, hexadecimal, as $readmemh reads it.
std::string readmemh_text(const std::vector<std::uint32_t>& words);

}  // namespace evenshift::rtl

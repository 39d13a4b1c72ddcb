#include "tests/rtl/golden_words.h"

#include <fmt/format.h>

namespace evenshift::rtl {

void append_bytes(std::vector<std::uint32_t>& words, const std::vector<std::uint8_t>& bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i % 4 == 0) words.push_back(0);
    words.back() |= static_cast<std::uint32_t>(bytes[i]) << (8 * (i % 4));
  }
}

std::string readmemh_text(const std::vector<std::uint32_t>& words) {
  std::string text;
  for (const std::uint32_t word : words) text += fmt::format("{:08x}\n", word);
  return text;
}

}  // namespace evenshift::rtl

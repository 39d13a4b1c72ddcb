#include "compiler/options.h"

#include <algorithm>
#include <sstream>

#include "arch/base/error.h"

namespace evenshift::compiler {

std::vector<LayerBits> parse_layer_weight_bits(const std::string& text) {
  std::vector<LayerBits> result;
  std::istringstream items(text);
  for (std::string item; std::getline(items, item, ',');) {
    item.erase(0, std::min(item.find_first_not_of(' '), item.size()));
    item.erase(item.find_last_not_of(' ') + 1);
    const std::size_t equals = item.rfind('=');
    if (equals == std::string::npos || equals == 0 || equals + 2 != item.size() || item.back() < '2' ||
        item.back() > '8')
      fail("'{}' is not NAME=BITS with 2 to 8 bits", item);
    result.push_back({item.substr(0, equals), item.back() - '0'});
  }
  return result;
}

bool matches_pattern(std::string_view name, std::string_view pattern) {
  std::size_t n = 0;
  std::size_t p = 0;
  std::size_t star = std::string_view::npos;  // the last `*`, and where in the name its text ends so far
  std::size_t end = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      end = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++end;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

int weight_bits_of(const CompileOptions& options, const std::string& layer) {
  for (const LayerBits& exception : parse_layer_weight_bits(options.layer_weight_bits))
    if (matches_pattern(layer, exception.pattern)) return exception.bits;
  return static_cast<int>(options.weight_bits);
}

}  // namespace evenshift::compiler

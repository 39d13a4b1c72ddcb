#include "tests/rtl/coverage_counters.h"

#include "arch/base/check.h"

namespace evenshift::rtl {

bool is_tie(std::int64_t value, int shift) {
  if (shift == 0) return false;
  const auto low = static_cast<std::uint64_t>(value) & ((std::uint64_t{1} << shift) - 1);
  return low == std::uint64_t{1} << (shift - 1);
}

void CoverageCounters::count(const std::string& name, bool condition) {
  const auto counter = counters_.find(name);
  check(counter != counters_.end(), "no counter " + name);
  counter->second += condition ? 1 : 0;
}

}  // namespace evenshift::rtl

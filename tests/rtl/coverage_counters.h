#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace evenshift::rtl {

/// Whether value / 2^shift lies in the middle between two integers.
bool is_tie(std::int64_t value, int shift);

/// Counters by name, for a class that counts what tests reach. Every counter exists from the beginning, so that what
/// was never reached is a 0 in the report.
class CoverageCounters {
 public:
  [[nodiscard]] const std::map<std::string, std::int64_t>& counters() const { return counters_; }

 protected:
  /// A counter that begins at 0.
  void add_counter(const std::string& name) { counters_[name] = 0; }

  /// Counts where `condition` holds. Throws InternalError for a counter that does not exist.
  void count(const std::string& name, bool condition = true);

 private:
  std::map<std::string, std::int64_t> counters_;
};

}  // namespace evenshift::rtl

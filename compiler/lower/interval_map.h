#pragma once

#include <cstdint>
#include <iterator>
#include <limits>
#include <map>

namespace evenshift::compiler {

/// A state for every integer, stored as intervals of equal history. Bytes that nothing has touched have State{}.
template <typename State>
class IntervalMap {
 public:
  IntervalMap() { states_.emplace(std::numeric_limits<std::int64_t>::min(), State{}); }

  /// Calls visitor(State&) for every interval of [begin, end).
  template <typename Visitor>
  void visit(std::int64_t begin, std::int64_t end, Visitor&& visitor) {
    const auto last = split(end);
    for (auto at = split(begin); at != last; ++at) visitor(at->second);
  }

  /// Gives all of [begin, end) one state.
  void assign(std::int64_t begin, std::int64_t end, const State& state) {
    const auto last = split(end);
    const auto first = split(begin);
    first->second = state;
    states_.erase(std::next(first), last);
  }

  [[nodiscard]] std::size_t intervals() const { return states_.size(); }

 private:
  using Iterator = typename std::map<std::int64_t, State>::iterator;

  /// The interval that begins at `position`, which is made where there is none.
  Iterator split(std::int64_t position) {
    const Iterator at = states_.lower_bound(position);
    if (at != states_.end() && at->first == position) return at;
    return states_.emplace_hint(at, position, std::prev(at)->second);
  }

  std::map<std::int64_t, State> states_;  ///< by first byte; each reaches to the next
};

}  // namespace evenshift::compiler

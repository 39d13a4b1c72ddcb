#pragma once

#include <array>
#include <cstdint>
#include <systemc>

#include "arch/isa/commands.h"

namespace evenshift::sim::systemc {

/// The token counters of all ordered pairs of units.
class TokenBoard {
 public:
  void reset() { counts_ = {}; }
  [[nodiscard]] std::int64_t count(isa::Unit from, isa::Unit to) const { return counts_[index(from)][index(to)]; }
  void take(isa::Unit from, isa::Unit to) { --counts_[index(from)][index(to)]; }
  void put(isa::Unit from, isa::Unit to) {
    ++counts_[index(from)][index(to)];
    put_[index(to)].notify(sc_core::SC_ZERO_TIME);
  }
  /// A token for `to` was put.
  [[nodiscard]] const sc_core::sc_event& put_event(isa::Unit to) const { return put_[index(to)]; }

 private:
  static std::size_t index(isa::Unit unit) { return static_cast<std::size_t>(unit); }

  std::array<std::array<std::int64_t, 3>, 3> counts_ = {};
  std::array<sc_core::sc_event, 3> put_;
};

}  // namespace evenshift::sim::systemc

#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <systemc>

#include "arch/isa/commands.h"

namespace evenshift::sim::systemc {

/// The tokens of all ordered pairs of units, each with the index of the command that put it.
class TokenBoard {
 public:
  void reset() { tokens_ = {}; }
  [[nodiscard]] std::int64_t count(isa::Unit from, isa::Unit to) const {
    return static_cast<std::int64_t>(tokens_[index(from)][index(to)].size());
  }
  /// Takes the oldest one; there is one. Returns the command that put it.
  std::int64_t take(isa::Unit from, isa::Unit to) {
    auto& queue = tokens_[index(from)][index(to)];
    const std::int64_t command = queue.front();
    queue.pop_front();
    return command;
  }
  void put(isa::Unit from, isa::Unit to, std::int64_t command) {
    tokens_[index(from)][index(to)].push_back(command);
    put_[index(to)].notify(sc_core::SC_ZERO_TIME);
  }
  /// A token for `to` was put.
  [[nodiscard]] const sc_core::sc_event& put_event(isa::Unit to) const { return put_[index(to)]; }

 private:
  static std::size_t index(isa::Unit unit) { return static_cast<std::size_t>(unit); }

  std::array<std::array<std::deque<std::int64_t>, 3>, 3> tokens_ = {};
  std::array<sc_core::sc_event, 3> put_;
};

}  // namespace evenshift::sim::systemc

#pragma once

#include <algorithm>
#include <array>

#include "arch/image/image.h"
#include "arch/isa/footprint.h"

namespace evenshift::sim {

/// Whether one of two commands writes what the other may touch, rows taken with the gaps between them.
inline bool conflict(const isa::Operation& first, const isa::Operation& second, const NpuConfig& config) {
  for (const isa::Access& a : isa::footprint(first, config))
    for (const isa::Access& b : isa::footprint(second, config))
      if (a.memory == b.memory && (a.writes || b.writes) && a.address < b.end() && b.address < a.end()) return true;
  return false;
}

/// Replaces the tokens of a stream that is correct in stream order by those that its data need and no more, so that the
/// units overlap as far as they may. A command waits for the last one of each other unit that it conflicts with, unless
/// a command before it in its own unit has waited for that one or a later one.
inline void relax_tokens(image::Image& image) {
  std::array<std::array<std::int64_t, 3>, 3> waited;  // [from][to]: the last command of `from` that `to` has waited for
  for (auto& row : waited) row.fill(-1);
  for (isa::Command& command : image.commands) command.tokens = {};
  for (std::size_t j = 0; j < image.commands.size(); ++j) {
    isa::Command& later = image.commands[j];
    const isa::Unit to = isa::unit_of(later.operation);
    for (int index = 0; index < 2; ++index) {
      const isa::Unit from = isa::other_unit(to, index);
      std::int64_t& last = waited[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
      for (auto i = static_cast<std::int64_t>(j) - 1; i > last; --i) {
        isa::Command& earlier = image.commands[static_cast<std::size_t>(i)];
        if (isa::unit_of(earlier.operation) != from || !conflict(earlier.operation, later.operation, image.config))
          continue;
        (index == 0 ? later.tokens.wait_a : later.tokens.wait_b) = true;
        (isa::other_unit(from, 0) == to ? earlier.tokens.signal_a : earlier.tokens.signal_b) = true;
        last = i;
      }
    }
  }
}

}  // namespace evenshift::sim

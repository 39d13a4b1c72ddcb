#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "arch/config/npu_config.h"
#include "arch/isa/commands.h"
#include "arch/isa/footprint.h"
#include "compiler/lower/interval_map.h"

namespace evenshift::compiler {

/// Position of a command in the stream; -1 is none.
using CommandIndex = std::int32_t;

/// For each unit, the last of its commands that is known to have ended.
using Horizon = std::array<CommandIndex, 3>;

/// Collects commands in program order and gives them the tokens that they need and no others.
///
/// What a command needs follows from the bytes that it and the commands before it touch (isa::footprint): it starts
/// after the last writer of what it reads or writes, and after the last readers of what it writes. A need within a unit
/// holds by itself, since a unit runs its commands one after the other. Of the needs on another unit the latest implies
/// the others, and it is dropped where it follows from tokens that the unit has already waited for. What remains grows
/// strictly on both sides of a pair of units: the i-th wait matches the i-th signal, one flag a command suffices.
///
/// A command waits only for commands before it in the stream. Hence the stream may also run serially, and it cannot
/// deadlock whatever the queues hold: the first command that has not ended is always at the head of its queue, and all
/// that it waits for has ended.
class StreamBuilder {
 public:
  explicit StreamBuilder(const NpuConfig& config) : config_(config) {}

  /// Layer index of the commands that follow.
  void begin_layer(std::int64_t layer) { layer_ = layer; }

  CommandIndex emit(const isa::Operation& operation);

  [[nodiscard]] std::vector<isa::Command>& commands() { return commands_; }

 private:
  /// Who touched a byte last.
  struct Touch {
    CommandIndex writer = -1;
    Horizon readers = {-1, -1, -1};
  };

  /// Adds what an access must wait for to `needs`, and notes it.
  void touch(const isa::Access& access, isa::Unit unit, CommandIndex index, Horizon& needs);
  void add_tokens(CommandIndex index, isa::Unit unit, const Horizon& needs);

  NpuConfig config_;
  std::int64_t layer_ = 0;
  std::vector<isa::Command> commands_;
  std::vector<Horizon> ended_;  ///< for each command, what is known to have ended when it has
  Horizon last_of_unit_ = {-1, -1, -1};
  IntervalMap<Touch> dram_, scratchpad_;
};

}  // namespace evenshift::compiler

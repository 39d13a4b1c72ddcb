#include "compiler/lower/stream_builder.h"

#include <algorithm>

namespace evenshift::compiler {
namespace {

constexpr std::size_t index_of(isa::Unit unit) { return static_cast<std::size_t>(unit); }

/// 0 or 1: whether `other` is what `_a` or `_b` of a command of `unit` means.
constexpr int flag_of(isa::Unit unit, isa::Unit other) { return isa::other_unit(unit, 0) == other ? 0 : 1; }

}  // namespace

CommandIndex StreamBuilder::emit(const isa::Operation& operation) {
  const auto index = static_cast<CommandIndex>(commands_.size());
  const isa::Unit unit = isa::unit_of(operation);
  commands_.push_back({operation, {}, layer_});
  Horizon needs = {-1, -1, -1};
  for (const isa::Access& access : isa::footprint(operation, config_)) touch(access, unit, index, needs);
  add_tokens(index, unit, needs);
  return index;
}

void StreamBuilder::touch(const isa::Access& access, isa::Unit unit, CommandIndex index, Horizon& needs) {
  const auto need = [&](CommandIndex other) {
    if (other < 0 || other == index) return;
    auto& latest = needs[index_of(isa::unit_of(commands_[static_cast<std::size_t>(other)].operation))];
    latest = std::max(latest, other);
  };
  auto& map = access.memory == isa::Memory::dram ? dram_ : scratchpad_;
  for (std::int64_t row = 0; row < access.rows; ++row) {
    const std::int64_t begin = access.address + row * access.stride;
    const std::int64_t end = begin + access.row_bytes;
    map.visit(begin, end, [&](Touch& touched) {
      need(touched.writer);
      if (access.writes)
        for (const CommandIndex reader : touched.readers) need(reader);
      else
        touched.readers[index_of(unit)] = index;
    });
    if (access.writes) map.assign(begin, end, {index, {-1, -1, -1}});
  }
}

void StreamBuilder::add_tokens(CommandIndex index, isa::Unit unit, const Horizon& needs) {
  const CommandIndex previous = last_of_unit_[index_of(unit)];
  Horizon known = previous < 0 ? Horizon{-1, -1, -1} : ended_[static_cast<std::size_t>(previous)];
  // The later of the two needs first: it may imply the earlier one, never the other way round.
  std::array<isa::Unit, 2> others = {isa::other_unit(unit, 0), isa::other_unit(unit, 1)};
  if (needs[index_of(others[0])] < needs[index_of(others[1])]) std::swap(others[0], others[1]);
  for (const isa::Unit other : others) {
    const CommandIndex needed = needs[index_of(other)];
    if (needed <= known[index_of(other)]) continue;
    auto& wait = commands_[static_cast<std::size_t>(index)].tokens;
    auto& signal = commands_[static_cast<std::size_t>(needed)].tokens;
    (flag_of(unit, other) == 0 ? wait.wait_a : wait.wait_b) = true;
    (flag_of(other, unit) == 0 ? signal.signal_a : signal.signal_b) = true;
    const Horizon& implied = ended_[static_cast<std::size_t>(needed)];
    for (std::size_t u = 0; u < known.size(); ++u) known[u] = std::max(known[u], implied[u]);
  }
  known[index_of(unit)] = index;
  ended_.push_back(known);
  last_of_unit_[index_of(unit)] = index;
}

}  // namespace evenshift::compiler

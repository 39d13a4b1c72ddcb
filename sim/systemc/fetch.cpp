#include "sim/systemc/fetch.h"

#include <fmt/format.h>

namespace evenshift::sim::systemc {

Fetch::Fetch(sc_core::sc_module_name name, Run& run, std::array<CommandUnit*, 3> units)
    : sc_module(name), run_(run), units_(units) {
  SC_HAS_PROCESS(Fetch);
  SC_METHOD(step);
  dont_initialize();
  sensitive << timer_;
  for (CommandUnit* unit : units_) sensitive << unit->queue().popped_event();
}

void Fetch::reset() {
  next_ = 0;
  fetched_at_ = run_.config().fetch.cycles_per_command;
  timer_.cancel();
  timer_.notify(cycles(fetched_at_));
}

CommandQueue& Fetch::queue_of_next() const {
  return units_[static_cast<std::size_t>(isa::unit_of(run_.command(next_).operation))]->queue();
}

void Fetch::step() {
  if (!run_.active()) return;
  const auto& parameters = run_.config().fetch;
  while (!finished() && run_.now() >= fetched_at_) {
    CommandQueue& queue = queue_of_next();
    if (queue.size() >= parameters.queue_entries) return;
    auto& statistics = run_.statistics().fetch;
    ++statistics.commands;
    statistics.busy_cycles += parameters.cycles_per_command;
    statistics.stalled_full_queue_cycles[static_cast<std::size_t>(isa::unit_of(run_.command(next_).operation))] +=
        run_.now() - fetched_at_;
    run_.record_fetch({next_, fetched_at_ - parameters.cycles_per_command, fetched_at_, run_.now()});
    queue.push(next_);
    ++next_;
    fetched_at_ = run_.now() + parameters.cycles_per_command;
    if (!finished()) timer_.notify(cycles(parameters.cycles_per_command));
  }
}

std::string Fetch::state() const {
  if (finished()) return "fetch has fetched every command";
  return fmt::format("fetch has no room for {} in a queue of {}", describe_command(run_, next_),
                     run_.config().fetch.queue_entries);
}

void Fetch::summarize() {
  FetchStatistics& fetch = run_.statistics().fetch;
  fetch.finished_cycles = run_.statistics().total_cycles - fetch.busy_cycles;
  for (const std::int64_t stalled : fetch.stalled_full_queue_cycles) fetch.finished_cycles -= stalled;
}

}  // namespace evenshift::sim::systemc

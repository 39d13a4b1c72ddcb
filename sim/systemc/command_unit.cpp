#include "sim/systemc/command_unit.h"

#include <fmt/format.h>

#include "arch/isa/disassemble.h"

namespace evenshift::sim::systemc {

std::string describe_command(const Run& run, std::int64_t command) {
  return fmt::format("command {} ({})", command, isa::disassemble(run.command(command)));
}

CommandUnit::CommandUnit(sc_core::sc_module_name name, isa::Unit unit, Run& run, TokenBoard& tokens)
    : sc_module(name), run_(run), unit_(unit), tokens_(tokens) {
  SC_HAS_PROCESS(CommandUnit);
  SC_METHOD(step);
  dont_initialize();
  sensitive << timer_ << next_delta_ << queue_.pushed_event() << tokens_.put_event(unit);
}

void CommandUnit::reset() {
  queue_.reset();
  timer_.cancel();
  next_delta_.cancel();
  phase_ = Phase::idle;
  current_ = -1;
  charged_until_ = 0;
  yielded_at_ = -1;
}

void CommandUnit::step() {
  if (!run_.active()) return;
  // Of a load and a store that ask for the bus in the same cycle, the load comes first.
  if (unit_ == isa::Unit::store && yielded_at_ != run_.now()) {
    yielded_at_ = run_.now();
    next_delta_.notify(sc_core::SC_ZERO_TIME);
    return;
  }
  try {
    while (proceed()) {
    }
  } catch (...) {
    run_.fail_with(std::current_exception());  // the kernel could not go on after an exception
  }
}

bool CommandUnit::proceed() {
  switch (phase_) {
    case Phase::idle:
      return fetch_command();
    case Phase::waiting:
      return take_tokens();
    case Phase::executing:
      return execute();
  }
  return false;
}

bool CommandUnit::fetch_command() {
  if (queue_.empty()) return false;
  charge(time().stalled_empty_queue_cycles);
  current_ = queue_.pop();
  missing_token_ = 0;
  phase_ = Phase::waiting;
  return true;
}

bool CommandUnit::take_tokens() {
  const isa::Tokens& tokens = run_.command(current_).tokens;
  const std::array<bool, 2> waits = {tokens.wait_a, tokens.wait_b};
  charge(time().stalled_token_cycles[static_cast<std::size_t>(missing_token_)]);
  for (int i = 0; i < 2; ++i)
    if (waits[static_cast<std::size_t>(i)] && tokens_.count(isa::other_unit(unit_, i), unit_) == 0) {
      missing_token_ = i;
      return false;
    }
  for (int i = 0; i < 2; ++i)
    if (waits[static_cast<std::size_t>(i)]) run_.record_token(tokens_.take(isa::other_unit(unit_, i), unit_), current_);
  start_ = run_.now();
  phase_ = Phase::executing;
  call_at(start(run_.command(current_)));
  return true;
}

bool CommandUnit::execute() {
  if (run_.now() < due_) return false;
  if (const auto next = advance(run_.command(current_))) {
    call_at(*next);
  } else {
    end_command();
  }
  return true;
}

void CommandUnit::end_command() {
  charge(time().busy_cycles);
  ++time().commands;
  run_.record(unit_, current_, start_);
  const isa::Tokens& tokens = run_.command(current_).tokens;
  if (tokens.signal_a) tokens_.put(unit_, isa::other_unit(unit_, 0), current_);
  if (tokens.signal_b) tokens_.put(unit_, isa::other_unit(unit_, 1), current_);
  phase_ = Phase::idle;
  current_ = -1;
}

void CommandUnit::charge(std::int64_t& counter) {
  counter += run_.now() - charged_until_;
  charged_until_ = run_.now();
}

void CommandUnit::call_at(std::int64_t cycle) {
  due_ = cycle;
  if (due_ > run_.now()) timer_.notify(cycles(due_ - run_.now()));
}

std::string CommandUnit::state() const {
  if (phase_ == Phase::idle) return fmt::format("{} has no command", name_of(unit_));
  return fmt::format("{} waits for a token from {} with {}", name_of(unit_),
                     name_of(isa::other_unit(unit_, missing_token_)), describe_command(run_, current_));
}

void CommandUnit::summarize() { time().finished_cycles = run_.statistics().total_cycles - charged_until_; }

}  // namespace evenshift::sim::systemc

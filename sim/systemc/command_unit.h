#pragma once

#include <optional>
#include <string>
#include <systemc>

#include "sim/systemc/command_queue.h"
#include "sim/systemc/run.h"
#include "sim/systemc/token_board.h"

namespace evenshift::sim::systemc {

/// "command 7 (load layer=0 …)", for messages.
std::string describe_command(const Run& run, std::int64_t command);

/// What load, compute and store have in common: take a command from the queue, wait for its tokens, execute it, put the
/// tokens that it signals, and so on.
class CommandUnit : public sc_core::sc_module {
 public:
  CommandUnit(sc_core::sc_module_name name, isa::Unit unit, Run& run, TokenBoard& tokens);

  CommandQueue& queue() { return queue_; }
  /// Ready for the first command of a run.
  virtual void reset();
  [[nodiscard]] bool finished() const { return phase_ == Phase::idle && queue_.empty(); }
  /// What it waits for, for a report.
  [[nodiscard]] std::string state() const;
  void summarize();

 protected:
  /// Begins the command. Returns the cycle in which `advance` is due.
  virtual std::int64_t start(const isa::Command& command) = 0;
  /// Does what is due now. Returns the cycle in which it is due again; nothing when the command has ended.
  virtual std::optional<std::int64_t> advance(const isa::Command& command) = 0;
  virtual UnitTime& time() = 0;

  [[nodiscard]] std::int64_t current() const { return current_; }
  Run& run_;

 private:
  enum class Phase { idle, waiting, executing };

  void step();
  bool proceed();
  bool fetch_command();
  bool take_tokens();
  bool execute();
  void end_command();
  void put_tokens();
  /// Adds the cycles since the last call to `counter`.
  void charge(std::int64_t& counter);
  void call_at(std::int64_t cycle);

  const isa::Unit unit_;
  TokenBoard& tokens_;
  CommandQueue queue_;
  sc_core::sc_event timer_;
  sc_core::sc_event next_delta_;
  Phase phase_ = Phase::idle;
  std::int64_t current_ = -1;
  int missing_token_ = 0;   ///< index of the unit that it waits for, see isa::other_unit
  std::int64_t due_ = 0;    ///< of advance
  std::int64_t start_ = 0;  ///< of the current command
  std::int64_t charged_until_ = 0;
  std::int64_t yielded_at_ = -1;
};

}  // namespace evenshift::sim::systemc

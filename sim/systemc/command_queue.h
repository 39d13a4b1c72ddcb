#pragma once

#include <cstdint>
#include <deque>
#include <systemc>

namespace evenshift::sim::systemc {

/// Indices of commands on their way from the fetch unit to one other. Its depth is a parameter of the run.
class CommandQueue {
 public:
  void reset() { commands_.clear(); }
  [[nodiscard]] bool empty() const { return commands_.empty(); }
  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(commands_.size()); }
  void push(std::int64_t command) {
    commands_.push_back(command);
    pushed_.notify(sc_core::SC_ZERO_TIME);
  }
  std::int64_t pop() {
    const std::int64_t command = commands_.front();
    commands_.pop_front();
    popped_.notify(sc_core::SC_ZERO_TIME);
    return command;
  }
  [[nodiscard]] const sc_core::sc_event& pushed_event() const { return pushed_; }
  [[nodiscard]] const sc_core::sc_event& popped_event() const { return popped_; }

 private:
  std::deque<std::int64_t> commands_;
  sc_core::sc_event pushed_;
  sc_core::sc_event popped_;
};

}  // namespace evenshift::sim::systemc

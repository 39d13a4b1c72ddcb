#pragma once

#include <array>
#include <string>
#include <systemc>

#include "sim/systemc/command_unit.h"
#include "sim/systemc/run.h"

namespace evenshift::sim::systemc {

/// Reads the command stream in order, a command in fetch.cycles_per_command, and puts each into the queue of its unit.
/// Waits while that queue holds fetch.queue_entries.
class Fetch : public sc_core::sc_module {
 public:
  Fetch(sc_core::sc_module_name name, Run& run, std::array<CommandUnit*, 3> units);

  /// Begins at the first command of the stream.
  void reset();
  [[nodiscard]] bool finished() const { return next_ == static_cast<std::int64_t>(run_.commands().size()); }
  /// The command that it cannot put into its queue, for a report.
  [[nodiscard]] std::string state() const;
  void summarize();

 private:
  void step();
  [[nodiscard]] CommandQueue& queue_of_next() const;

  Run& run_;
  std::array<CommandUnit*, 3> units_;
  sc_core::sc_event timer_;
  std::int64_t next_ = 0;  ///< index of the command being fetched
  std::int64_t fetched_at_ = 0;
};

}  // namespace evenshift::sim::systemc

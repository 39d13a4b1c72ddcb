#pragma once

#include <cstdint>
#include <exception>
#include <systemc>
#include <vector>

#include "sim/systemc/machine.h"

namespace evenshift::sim::systemc {

/// The kernel's smallest step of time is one clock cycle.
inline sc_core::sc_time cycles(std::int64_t count) {
  return sc_core::sc_time::from_value(static_cast<std::uint64_t>(count));
}

/// The inference that the machine is running; every module reads it, none keeps a copy of a parameter.
class Run {
 public:
  void begin(const Job& job, RunStatistics& statistics);
  /// No module does anything from here on. `failure` is what stopped the run, if anything.
  void end() { job_ = nullptr; }
  void fail_with(std::exception_ptr failure);

  [[nodiscard]] bool active() const { return job_ != nullptr; }
  [[nodiscard]] std::exception_ptr failure() const { return failure_; }
  [[nodiscard]] const Job& job() const { return *job_; }
  [[nodiscard]] const NpuConfig& config() const { return job_->image.config; }
  [[nodiscard]] const std::vector<isa::Command>& commands() const { return job_->image.commands; }
  [[nodiscard]] const isa::Command& command(std::int64_t index) const {
    return commands()[static_cast<std::size_t>(index)];
  }
  [[nodiscard]] RunStatistics& statistics() { return *statistics_; }
  [[nodiscard]] LayerStatistics& layer_of(std::int64_t command);
  [[nodiscard]] bool is_last_store_of_its_layer(std::int64_t command) const;
  /// Cycles since the start of the run.
  [[nodiscard]] std::int64_t now() const;

  /// A command has ended now.
  void record(isa::Unit unit, std::int64_t command, std::int64_t start);
  // What happened, for the timeline, where the job asks for one.
  void record_fetch(const FetchInterval& fetch);
  void record_token(std::int64_t from_command, std::int64_t to_command);
  void record_transfer(const DramTransfer& transfer);
  /// Fills in what is known at the end: total_cycles and the cycles of the layers.
  void summarize();

 private:
  const Job* job_ = nullptr;
  RunStatistics* statistics_ = nullptr;
  std::exception_ptr failure_;
  std::uint64_t origin_ = 0;  ///< the kernel's time at the start
  std::vector<std::int64_t> last_stores_;

  /// Of a layer's commands on the compute unit; -1 where it has none.
  struct ComputeSpan {
    std::int64_t start = -1;
    std::int64_t end = -1;
  };
  std::vector<ComputeSpan> compute_spans_;
};

}  // namespace evenshift::sim::systemc

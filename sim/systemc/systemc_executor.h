#pragma once

#include <memory>
#include <string>
#include <vector>

#include "arch/datapath/conv_core.h"
#include "arch/datapath/vector_unit.h"
#include "sim/executor.h"
#include "sim/stats/run_statistics.h"

namespace evenshift::sim {

/// Runs images on the timed model of the machine: docs/timing.md. All objects of a process share one model, and so run
/// one at a time, whatever thread they are called from.
class SystemCExecutor : public Executor {
 public:
  /// With the golden conv core and vector unit.
  SystemCExecutor();
  /// With others, such as the RTL's.
  SystemCExecutor(std::unique_ptr<datapath::ConvCore> conv_core, std::unique_ptr<datapath::VectorUnit> vector_unit,
                  std::string name = "systemc");

  [[nodiscard]] std::string name() const override { return name_; }
  /// Throws Error when the machine's configuration or a command cannot be run.
  void load(const image::Image& image) override;
  /// Throws Error when the command stream deadlocks or leaves tokens behind.
  std::vector<TensorCodes> run(std::span<const TensorCodes> inputs, const Observer& observer = {}) override;

  /// Whether statistics() of later runs has the intervals of all commands.
  void record_intervals(bool enabled) { record_intervals_ = enabled; }
  /// What the last run counted.
  [[nodiscard]] const RunStatistics& statistics() const { return statistics_; }

 private:
  std::unique_ptr<datapath::ConvCore> conv_core_;
  std::unique_ptr<datapath::VectorUnit> vector_unit_;
  std::string name_;
  const image::Image* image_ = nullptr;
  bool record_intervals_ = false;
  RunStatistics statistics_;
};

}  // namespace evenshift::sim

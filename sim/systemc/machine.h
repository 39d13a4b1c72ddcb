#pragma once

#include <cstdint>
#include <vector>

#include "arch/datapath/conv_core.h"
#include "arch/datapath/vector_unit.h"
#include "sim/executor.h"
#include "sim/stats/run_statistics.h"

/// The timed model. Only the .cpp files of this folder and the headers below it include <systemc>; this one does not.
namespace evenshift::sim::systemc {

/// One inference: what the machine runs and who watches.
struct Job {
  const image::Image& image;
  datapath::ConvCore& conv_core;      ///< configured for image.config
  datapath::VectorUnit& vector_unit;  ///< configured for image.config
  const Observer& observer;
  bool record_intervals = false;
};

/// Runs a job on the process's machine, which is built on the first call, and gives DRAM back as it is at the end.
/// Calls from several threads wait for each other. Throws Error for a command stream that deadlocks or leaves tokens
/// behind, and whatever the datapath throws; the machine can be used again after each.
std::vector<std::uint8_t> run_machine(const Job& job, std::vector<std::uint8_t> dram, RunStatistics& statistics);

}  // namespace evenshift::sim::systemc

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "arch/config/npu_config.h"
#include "compiler/calibrate/calibrate.h"
#include "compiler/composition.h"
#include "compiler/ir/graph.h"
#include "compiler/options.h"
#include "compiler/weights/weight_plan.h"

namespace evenshift::compiler {

/// Called with what is being done, how far it is, and of how much.
using StageProgress = std::function<void(std::string_view stage, std::int64_t done, std::int64_t total)>;

/// Where the methods work: threads, cancellation, and who is told of the progress.
struct WorkContext {
  int threads = 0;  ///< 0: all of the machine's
  const CancelFlag* cancel = nullptr;
  StageProgress progress = {};
  /// Where training of blocks keeps what it has finished, see ReconstructOptions.
  std::filesystem::path unfinished = {};
  std::uint64_t unfinished_key = 0;
};

/// Grid, codes and bias of every conv that has no codes already, beside graph.nodes (others have a default plan), by
/// the composition's methods of the stages grid, rounding and bias. Methods that need calibration data visit the layers
/// in order, each with the input that the layers before it now give (TwinWalk); without such a method `data` may be
/// null. The same bytes for any number of threads. Throws Cancelled.
std::vector<WeightPlan> plan_weights(const Graph& graph, const std::vector<QuantParams>& values,
                                     const NpuConfig& config, const CompileOptions& options,
                                     const CalibrationData* data, const WorkContext& work);

}  // namespace evenshift::compiler

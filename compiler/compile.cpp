#include "compiler/compile.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "compiler/lower/lower.h"
#include "compiler/quantize/quantize_graph.h"

namespace evenshift::compiler {
namespace {

constexpr std::array<std::string_view, 2> kEqualizeMethods = {"none", "shift"};
constexpr std::array<std::string_view, 3> kCalibrationMethods = {"min_max", "percentile", "mse"};

}  // namespace

Compilation compile(const Graph& graph, const std::vector<ValueRange>& ranges, const NpuConfig& config,
                    const CompileOptions& options, const std::string& host) {
  QuantizationResult quantized = quantize_graph(graph, ranges, config, options);
  image::Image image = lower(quantized.graph, host);
  return {std::move(image), std::move(quantized.graph), std::move(quantized.layers)};
}

std::string equalize_method_names() { return fmt::format("{}", fmt::join(kEqualizeMethods, ", ")); }

std::string calibration_method_names() { return fmt::format("{}", fmt::join(kCalibrationMethods, ", ")); }

std::vector<std::string> option_faults(const CompileOptions& options) {
  std::vector<std::string> faults;
  if (std::ranges::find(kEqualizeMethods, options.equalize) == kEqualizeMethods.end())
    faults.push_back(
        fmt::format("compile.equalize: '{}' is not known; known are {}", options.equalize, equalize_method_names()));
  if (std::ranges::find(kCalibrationMethods, options.calibration) == kCalibrationMethods.end())
    faults.push_back(fmt::format("compile.calibration: '{}' is not known; known are {}", options.calibration,
                                 calibration_method_names()));
  return faults;
}

}  // namespace evenshift::compiler

#include "compiler/compile.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "arch/base/error.h"
#include "compiler/calibrate/value_params.h"
#include "compiler/composition.h"
#include "compiler/equalize/absorb_bias.h"
#include "compiler/equalize/cross_layer.h"
#include "compiler/equalize/factorize_weights.h"
#include "compiler/ir/passes/quantizers.h"
#include "compiler/lower/lower.h"
#include "compiler/quantize/quantize_graph.h"

namespace evenshift::compiler {
namespace {

constexpr std::array<std::string_view, 5> kCalibrationMethods = {"min_max", "moving_average", "percentile", "kl",
                                                                 "mse"};

CalibrationOptions calibration_options(const CompileOptions& options, const WorkContext& work) {
  CalibrationOptions calibration;
  calibration.method = options.calibration;
  calibration.percentile = options.percentile;
  calibration.activation_bits = options.activation_bits;
  calibration.threads = work.threads;
  calibration.cancel = work.cancel;
  return calibration;
}

CalibrationProgress progress_of(const WorkContext& work, std::string_view stage, const CalibrationData& data) {
  if (!work.progress) return {};
  return [&work, stage, &data](std::int64_t done) { work.progress(stage, done, data.count); };
}

/// The methods that keep the float network's function.
void equalize_between_layers(const Composition& composition, ActivationStatistics statistics,
                             PreparedNetwork& network) {
  for (const Node& node : network.graph.nodes)
    if (const auto* conv = std::get_if<Conv>(&node.op); conv != nullptr && conv->codes)
      fail("layer '{}' is quantized already, so that '{}' cannot scale its channels; leave that method out", node.name,
           composition.text());
  const std::string_view method = composition.of(Stage::factorization);
  if (!method.empty()) {
    const bool power_of_two = method.ends_with("_pow2");
    EqualizedGraph equalized;
    if (method.starts_with("factorize")) {
      FactorizationOptions factorization;
      factorization.two_step = !method.starts_with("factorize_one_step");
      factorization.power_of_two = power_of_two;
      factorization.limit_before_activation = false;  // no fused clamp lets what it would protect through
      equalized = factorize_weights(network.graph, statistics, factorization);
    } else {
      CrossLayerOptions cross_layer;
      cross_layer.power_of_two = power_of_two;
      cross_layer.keep_activation_ranges = true;  // the paper's factors widen activations without end
      equalized = equalize_across_layers(network.graph, statistics, cross_layer);
    }
    network.graph = std::move(equalized.graph);
    network.factors = std::move(equalized.convs);
    statistics = std::move(equalized.statistics);
  }
  if (composition.has("absorb_bias")) network.graph = absorb_bias(network.graph, statistics, {}).graph;
}

}  // namespace

PreparedNetwork prepare(const Graph& graph, const CalibrationData& data, const CompileOptions& options,
                        const WorkContext& work) {
  // Nothing to choose, nothing to measure.
  if (is_quantized(graph)) return {graph, std::vector<ValueRange>(graph.values.size()), {}};
  const Composition composition = Composition::parse(with_composition(options).equalize);
  const CalibrationOptions calibration = calibration_options(options, work);
  PreparedNetwork network{graph, {}, {}};
  if (!composition.of(Stage::factorization).empty() || !composition.of(Stage::absorption).empty())
    equalize_between_layers(
        composition, activation_statistics(graph, data, calibration, progress_of(work, "statistics", data)), network);
  network.ranges = calibrate(network.graph, data, calibration, progress_of(work, "calibrate", data));
  return network;
}

std::string preparation_key(const CompileOptions& options) {
  const Composition composition = Composition::parse(with_composition(options).equalize);
  return fmt::format("{},{},{},{},{}", composition.of(Stage::factorization), composition.of(Stage::absorption),
                     options.calibration, options.percentile, options.activation_bits);
}

Compilation compile(const PreparedNetwork& network, const CalibrationData* data, const NpuConfig& config,
                    const CompileOptions& options, const std::string& host, const WorkContext& work) {
  const std::vector<QuantParams> params =
      value_params(network.graph, network.ranges, static_cast<int>(options.activation_bits));
  CompileOptions resolved = with_composition(options);
  if (options.equalize == "auto" && data == nullptr) resolved.equalize = "shift";
  const std::vector<WeightPlan> plans = plan_weights(network.graph, params, config, resolved, data, work);
  QuantizationResult quantized = quantize_graph(network.graph, params, plans, config);
  image::Image image = lower(quantized.graph, host);
  return {std::move(image), std::move(quantized.graph), std::move(quantized.layers)};
}

CompileOptions with_composition(CompileOptions options) {
  constexpr std::int64_t kFewBits = 6;  // and less: nearest rounding costs accuracy
  if (options.equalize == "auto")
    options.equalize =
        options.weight_bits > kFewBits ? "shift,bias_correction" : "shift_mse,least_squares,bias_correction";
  return options;
}

std::span<const std::string_view> calibration_methods() { return kCalibrationMethods; }

std::string calibration_method_names() { return fmt::format("{}", fmt::join(kCalibrationMethods, ", ")); }

std::vector<std::string> option_faults(const CompileOptions& options) {
  std::vector<std::string> faults;
  const auto note = [&](std::string_view key, auto&& parse) {
    try {
      parse();
    } catch (const Error& error) {
      faults.push_back(fmt::format("compile.{}: {}", key, error.what()));
    }
  };
  note("equalize", [&] { static_cast<void>(Composition::parse(with_composition(options).equalize)); });
  note("layer_weight_bits", [&] { static_cast<void>(parse_layer_weight_bits(options.layer_weight_bits)); });
  if (std::ranges::find(kCalibrationMethods, options.calibration) == kCalibrationMethods.end())
    faults.push_back(fmt::format("compile.calibration: '{}' is not known; known are {}", options.calibration,
                                 calibration_method_names()));
  return faults;
}

}  // namespace evenshift::compiler

#include "compiler/weights/plan_weights.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "arch/base/check.h"
#include "compiler/equalize/msqe.h"
#include "compiler/weights/bias_correction.h"
#include "compiler/weights/block_training.h"
#include "compiler/weights/output_error.h"
#include "compiler/weights/rounding.h"
#include "compiler/weights/second_moments.h"
#include "compiler/weights/twin_walk.h"

namespace evenshift::compiler {
namespace {

/// Scales that are powers of two, as the machine holds them.
WeightGrid power_of_two_grid_for(RequantScale requant_scale, WeightGrid grid, std::size_t channels) {
  if (requant_scale == RequantScale::channel_multiplier) {
    std::vector<double> scales;
    for (std::size_t c = 0; c < channels; ++c) scales.push_back(grid.scale(c));
    grid.channel_scales = std::move(scales);
    grid.shifts.clear();
  }
  if (requant_scale == RequantScale::layer_with_channel_shift) grid.shifts.resize(channels);
  return grid;
}

bool is_power_of_two(std::string_view grid_method) {
  return grid_method.starts_with("msqe") || grid_method.starts_with("gradient");
}

/// Bits of the shifter that power-of-two scales can use.
int reach_bits(const NpuConfig& config) {
  switch (config.requantizer.requant_scale) {
    case RequantScale::layer_with_channel_shift:
      return static_cast<int>(config.requantizer.shift_bits);
    case RequantScale::channel_multiplier:
      return 5;
    case RequantScale::layer:
    case RequantScale::channel_shift_only:
      break;
  }
  return 0;
}

/// Chooses for one conv after the other.
class Planner {
 public:
  Planner(const Graph& graph, const std::vector<QuantParams>& values, const NpuConfig& config,
          const CompileOptions& options, const Composition& composition, const WorkContext& work)
      : graph_(graph), values_(values), config_(config), options_(options), composition_(composition), work_(work) {}

  /// √v and exponents of every conv, for msqe_second_moment.
  void set_importance(std::vector<PowerOfTwoStart> starts) { starts_ = std::move(starts); }

  /// Grid and codes. `moments` are null where no method needs them.
  void choose_weights(std::size_t n, const InputMoments* moments, WeightPlan& plan) const {
    const Node& node = graph_.nodes[n];
    const auto& conv = std::get<Conv>(node.op);
    std::optional<InputMoments> about_means;
    if (moments != nullptr && composition_.of(Stage::bias) == "bias_correction") about_means = centered(*moments);
    const InputMoments* fitted = about_means ? &*about_means : moments;
    plan.grid = rounded_to_float(grid(n, conv, fitted));
    const std::string_view rounding = composition_.of(Stage::rounding);
    if (rounding == "least_squares")
      plan.codes = least_squares_codes(conv, plan.grid, OutputError(conv, *fitted), work_.threads);
    if (rounding == "adaround")
      plan.codes = adaround_codes(conv, plan.grid, OutputError(conv, *fitted), {}, work_.threads);
  }

  void correct_bias(std::size_t n, const InputMoments& moments, WeightPlan& plan) {
    const Node& node = graph_.nodes[n];
    const auto& conv = std::get<Conv>(node.op);
    const std::string_view method = composition_.of(Stage::bias);
    if (method == "bias_correction") plan.bias = corrected_bias(conv, plan, moments);
    if (method != "bias_correction_analytic") return;
    plan.bias = analytically_corrected_bias(conv, plan, normal_input(node.inputs[0], conv, moments));
    note_output(node, conv, moments);
  }

 private:
  WeightGrid grid(std::size_t n, const Conv& conv, const InputMoments* moments) const {
    const Node& node = graph_.nodes[n];
    const GridRequest request =
        grid_request(config_, weight_bits_of(options_, node.name), values_[static_cast<std::size_t>(node.inputs[0])],
                     values_[static_cast<std::size_t>(node.output)]);
    const std::string_view method = composition_.of(Stage::grid);
    if (method == "shift_mse") return searched_grid(conv, request, weight_error(conv));
    if (method == "shift_joint") return joint_grid(conv, request, weight_error(conv));
    if (method == "shift_output_mse" || method == "shift_joint_output") {
      const OutputError error(conv, *moments);
      return method == "shift_output_mse" ? searched_grid(conv, request, error.of_rounding(work_.threads))
                                          : joint_grid(conv, request, error.of_rounding(work_.threads));
    }
    if (is_power_of_two(method)) {
      const int bits = reach_bits(config_);
      MsqeOptions msqe;
      msqe.mask_outliers = method == "msqe_masked";
      const PowerOfTwoStart* start = starts_.empty() ? nullptr : &starts_[n];
      const std::span<const float> importance =
          start != nullptr ? std::span(start->importance) : std::span<const float>();
      const Exponents exponents =
          start != nullptr ? start->exponents : msqe_exponents(conv, importance, request.weight_bits, bits, msqe);
      return power_of_two_grid_for(request.requant_scale,
                                   power_of_two_grid(conv, exponents, importance, request.weight_bits, bits, msqe),
                                   conv.bias.size());
    }
    return range_grid(conv, request, method == "shift");
  }

  /// What `bias_correction_analytic` takes a conv's input for: normal before the activation where a conv made it, else
  /// its measured means.
  NormalInput normal_input(ValueId value, const Conv& conv, const InputMoments& moments) const {
    if (const auto known = outputs_.find(value); known != outputs_.end()) return known->second;
    NormalInput input;
    const auto window = static_cast<std::size_t>(conv.window.kernel_height * conv.window.kernel_width);
    for (std::size_t t = 0; t < moments.float_mean.size(); t += window) {
      double sum = 0;
      for (std::size_t tap = 0; tap < window; ++tap) sum += moments.float_mean[t + tap];
      input.mean.push_back(sum / static_cast<double>(window));
    }
    input.deviation.assign(input.mean.size(), 0);
    return input;
  }

  /// Mean W E[x] + b and variance W Cov Wᵀ of a conv's output before its activation.
  void note_output(const Node& node, const Conv& conv, const InputMoments& moments) {
    const InputMoments about_means = centered(moments);
    const OutputError variance(conv, about_means);
    NormalInput output{{}, {}, conv.clamp};
    const std::size_t per_group = conv.bias.size() / moments.groups;
    for (std::size_t c = 0; c < conv.bias.size(); ++c) {
      double mean = conv.bias[c];
      for (std::size_t t = 0; t < moments.taps; ++t)
        mean += conv.weights[c * moments.taps + t] * moments.float_mean[c / per_group * moments.taps + t];
      output.mean.push_back(mean);
      output.deviation.push_back(std::sqrt(std::max(0.0, variance.energy(c))));
    }
    outputs_[node.output] = std::move(output);
  }

  const Graph& graph_;
  const std::vector<QuantParams>& values_;
  const NpuConfig& config_;
  const CompileOptions& options_;
  const Composition& composition_;
  const WorkContext& work_;
  std::vector<PowerOfTwoStart> starts_;  ///< beside graph.nodes
  std::map<ValueId, NormalInput> outputs_;
};

bool is_conv(const Node& node) { return std::holds_alternative<Conv>(node.op); }

/// A conv that is not quantized already.
bool is_open_conv(const Node& node) { return is_conv(node) && !std::get<Conv>(node.op).codes; }

}  // namespace

std::vector<WeightPlan> plan_weights(const Graph& graph, const std::vector<QuantParams>& values,
                                     const NpuConfig& config, const CompileOptions& options,
                                     const CalibrationData* data, const WorkContext& work) {
  const Composition composition = Composition::parse(options.equalize);
  const std::string_view grid = composition.of(Stage::grid);
  const std::string_view rounding = composition.of(Stage::rounding);
  if (is_power_of_two(grid) && config.requantizer.requant_scale == RequantScale::channel_shift_only)
    fail("'{}' chooses power-of-two scales of the weights, which requant_scale channel_shift_only cannot carry", grid);
  if (trains_blocks(grid) && !rounding.empty())
    fail("'{}' trains the weights' codes along with their scales and goes with no '{}'", grid, rounding);
  Planner planner(graph, values, config, options, composition, work);
  std::vector<WeightPlan> plans(graph.nodes.size());

  if (std::ranges::none_of(graph.nodes, is_open_conv)) return plans;
  const bool bias = !composition.of(Stage::bias).empty();
  const std::string_view training = trains_blocks(grid) ? grid : trains_blocks(rounding) ? rounding : "";
  const bool layer_by_layer = grid == "shift_output_mse" || grid == "shift_joint_output" || rounding == "adaround" ||
                              rounding == "least_squares";
  if (composition.needs_calibration(Stage::grid) || composition.needs_calibration(Stage::rounding) || bias)
    check(data != nullptr, "the composition " + options.equalize + " needs calibration data");
  if (grid == "msqe_second_moment")
    planner.set_importance(second_moment_starts(graph, options, reach_bits(config), *data, work));
  if (!layer_by_layer)
    for (std::size_t n = 0; n < graph.nodes.size(); ++n)
      if (is_open_conv(graph.nodes[n])) planner.choose_weights(n, nullptr, plans[n]);
  const auto train = [&] {
    if (training.empty()) return;
    train_blocks(training, graph, values, reach_bits(config), *data, work, plans);
    for (std::size_t n = 0; trains_blocks(grid) && n < graph.nodes.size(); ++n)
      if (const auto* conv = std::get_if<Conv>(&graph.nodes[n].op))
        plans[n].grid =
            power_of_two_grid_for(config.requantizer.requant_scale, std::move(plans[n].grid), conv->bias.size());
  };
  if (!layer_by_layer) train();
  if (layer_by_layer || bias) {
    TwinWalk walk(graph, values, *data, work.threads, work.cancel);
    const auto count = static_cast<std::size_t>(graph.nodes.rend() -
                                                std::find_if(graph.nodes.rbegin(), graph.nodes.rend(), is_open_conv));
    const bool products = layer_by_layer || composition.has("bias_correction_analytic");
    for (std::size_t n = 0; n < count; ++n) {
      std::optional<Conv> twin;
      if (is_conv(graph.nodes[n])) twin = std::get<Conv>(graph.nodes[n].op);
      if (is_open_conv(graph.nodes[n])) {
        const InputMoments moments = walk.moments(n, products ? Moments::products : Moments::means);
        if (layer_by_layer) planner.choose_weights(n, &moments, plans[n]);
        if (bias) planner.correct_bias(n, moments, plans[n]);
        twin = dequantized(std::get<Conv>(graph.nodes[n].op), plans[n]);
      }
      if (n + 1 < count) walk.advance(twin ? &*twin : nullptr);
      if (work.progress) work.progress("weights", static_cast<std::int64_t>(n) + 1, static_cast<std::int64_t>(count));
    }
  }
  if (layer_by_layer) train();
  return plans;
}

}  // namespace evenshift::compiler

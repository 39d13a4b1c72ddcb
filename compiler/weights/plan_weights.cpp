#include "compiler/weights/plan_weights.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "arch/base/check.h"
#include "compiler/weights/bias_correction.h"
#include "compiler/weights/output_error.h"
#include "compiler/weights/rounding.h"
#include "compiler/weights/twin_walk.h"

namespace evenshift::compiler {
namespace {

/// Chooses for one conv after the other.
class Planner {
 public:
  Planner(const Graph& graph, const std::vector<QuantParams>& values, const NpuConfig& config,
          const CompileOptions& options, const Composition& composition, const WorkContext& work)
      : graph_(graph), values_(values), config_(config), options_(options), composition_(composition), work_(work) {}

  /// `moments` are null where no method needs them.
  WeightPlan plan(const Node& node, const InputMoments* moments) {
    const auto& conv = std::get<Conv>(node.op);
    std::optional<InputMoments> about_means;
    if (moments != nullptr && composition_.of(Stage::bias) == "bias_correction") about_means = centered(*moments);
    const InputMoments* fitted = about_means ? &*about_means : moments;
    WeightPlan plan;
    plan.grid = rounded_to_float(grid(node, conv, fitted));
    const std::string_view rounding = composition_.of(Stage::rounding);
    if (rounding == "least_squares")
      plan.codes = least_squares_codes(conv, plan.grid, OutputError(conv, *fitted), work_.threads);
    if (rounding == "adaround")
      plan.codes = adaround_codes(conv, plan.grid, OutputError(conv, *fitted), {}, work_.threads);
    const std::string_view bias = composition_.of(Stage::bias);
    if (bias == "bias_correction") plan.bias = corrected_bias(conv, plan, *moments);
    if (bias == "bias_correction_analytic")
      plan.bias = analytically_corrected_bias(conv, plan, normal_input(node.inputs[0], conv, *moments));
    if (bias == "bias_correction_analytic") note_output(node, conv, *moments);
    return plan;
  }

 private:
  WeightGrid grid(const Node& node, const Conv& conv, const InputMoments* moments) const {
    const GridRequest request =
        grid_request(config_, weight_bits_of(options_, node.name), values_[static_cast<std::size_t>(node.inputs[0])],
                     values_[static_cast<std::size_t>(node.output)]);
    const std::string_view method = composition_.of(Stage::grid);
    if (method == "shift_mse") return searched_grid(conv, request, weight_error(conv));
    if (method == "shift_joint") return joint_grid(conv, request, weight_error(conv));
    if (method == "shift_output_mse" || method == "shift_joint_output") {
      const OutputError error(conv, *moments);
      return method == "shift_output_mse" ? searched_grid(conv, request, error.of_rounding())
                                          : joint_grid(conv, request, error.of_rounding());
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
  std::map<ValueId, NormalInput> outputs_;
};

bool is_conv(const Node& node) { return std::holds_alternative<Conv>(node.op); }

/// A conv that is not quantized already.
bool is_open_conv(const Node& node) { return is_conv(node) && !std::get<Conv>(node.op).codes; }

}  // namespace

Conv dequantized(const Conv& conv, const WeightPlan& plan) {
  Conv result = conv;
  const std::size_t taps = conv.weights.size() / static_cast<std::size_t>(conv.output_channels);
  for (std::size_t i = 0; i < conv.weights.size(); ++i) {
    const std::size_t c = i / taps;
    const double code = plan.codes.empty() ? plan.grid.nearest_code(c, conv.weights[i]) : plan.codes[i];
    result.weights[i] = static_cast<float>(plan.grid.scale(c) * code);
  }
  if (!plan.bias.empty()) result.bias = plan.bias;
  return result;
}

std::vector<WeightPlan> plan_weights(const Graph& graph, const std::vector<QuantParams>& values,
                                     const NpuConfig& config, const CompileOptions& options,
                                     const CalibrationData* data, const WorkContext& work) {
  const Composition composition = Composition::parse(options.equalize);
  Planner planner(graph, values, config, options, composition, work);
  std::vector<WeightPlan> plans(graph.nodes.size());
  const bool walks = std::ranges::any_of(std::array{Stage::grid, Stage::rounding, Stage::bias},
                                         [&](Stage stage) { return composition.needs_calibration(stage); });
  if (!walks || std::ranges::none_of(graph.nodes, is_open_conv)) {
    for (std::size_t n = 0; n < graph.nodes.size(); ++n)
      if (is_open_conv(graph.nodes[n])) plans[n] = planner.plan(graph.nodes[n], nullptr);
    return plans;
  }
  check(data != nullptr, "the composition " + options.equalize + " needs calibration data");
  TwinWalk walk(graph, values, *data, work.threads, work.cancel);
  const auto last = std::find_if(graph.nodes.rbegin(), graph.nodes.rend(), is_open_conv);
  const auto count = static_cast<std::size_t>(graph.nodes.rend() - last);
  for (std::size_t n = 0; n < count; ++n) {
    std::optional<Conv> twin;
    if (is_conv(graph.nodes[n])) twin = std::get<Conv>(graph.nodes[n].op);
    if (is_open_conv(graph.nodes[n])) {
      const InputMoments moments = walk.moments(n);
      plans[n] = planner.plan(graph.nodes[n], &moments);
      twin = dequantized(std::get<Conv>(graph.nodes[n].op), plans[n]);
    }
    if (n + 1 < count) walk.advance(twin ? &*twin : nullptr);
    if (work.progress) work.progress("weights", static_cast<std::int64_t>(n) + 1, static_cast<std::int64_t>(count));
  }
  return plans;
}

}  // namespace evenshift::compiler

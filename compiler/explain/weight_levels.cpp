#include "compiler/explain/weight_levels.h"

#include <algorithm>

#include "compiler/composition.h"
#include "compiler/equalize/shift_equalizer.h"
#include "compiler/explain/widest_machine.h"

namespace evenshift::compiler {
namespace {

/// What the levels between exact and machine are planned with.
CompileOptions level_options(CompileOptions options) {
  const Composition composition = Composition::parse(options.equalize);
  const std::string_view grid = composition.of(Stage::grid);
  if (grid.empty()) options.equalize = with_method(options.equalize, "shift");
  if (grid.starts_with("msqe") || grid.starts_with("gradient"))
    options.equalize = with_method(options.equalize, "shift_mse");
  if (composition.has("reconstruct")) options.equalize = with_method(options.equalize, "least_squares");
  return options;
}

/// channel_shift_only's scales without their upper end.
std::vector<WeightPlan> without_clipping(const Graph& graph, std::vector<WeightPlan> plans) {
  for (std::size_t n = 0; n < plans.size(); ++n) {
    const auto* conv = std::get_if<Conv>(&graph.nodes[n].op);
    if (conv == nullptr) continue;
    const std::vector<double> ranges = channel_ranges(*conv);
    WeightPlan& plan = plans[n];
    std::vector<double> scales;
    for (std::size_t c = 0; c < ranges.size(); ++c) {
      scales.push_back(plan.grid.scale(c));
      const double limit_per_scale = max_weight_code(plan.grid.bits);
      while (scales[c] * limit_per_scale < ranges[c]) scales[c] *= 2;
    }
    if (!plan.codes.empty()) {
      const std::size_t taps = conv->weights.size() / ranges.size();
      const WeightGrid grid{plan.grid.bits, plan.grid.layer_scale, {}, scales};
      for (std::size_t i = 0; i < plan.codes.size(); ++i)
        if (scales[i / taps] != plan.grid.scale(i / taps))
          plan.codes[i] = static_cast<std::int8_t>(grid.nearest_code(i / taps, conv->weights[i]));
    }
    plan.grid.shifts.clear();
    plan.grid.channel_scales = std::move(scales);
  }
  return plans;
}

}  // namespace

Graph with_plans(const Graph& graph, const std::vector<WeightPlan>& plans) {
  Graph result = graph;
  for (std::size_t n = 0; n < plans.size(); ++n)
    if (const auto* conv = std::get_if<Conv>(&graph.nodes[n].op)) result.nodes[n].op = dequantized(*conv, plans[n]);
  return result;
}

std::string with_method(const std::string& composition, std::string_view method) {
  const Composition parsed = Composition::parse(composition);
  const auto& methods = known_methods();
  const Stage stage = std::ranges::find(methods, method, &Method::name)->stage;
  std::string text;
  for (const Stage each : {Stage::factorization, Stage::absorption, Stage::grid, Stage::rounding, Stage::bias}) {
    const std::string_view name = each == stage ? method : parsed.of(each);
    if (!name.empty()) text += (text.empty() ? "" : ",") + std::string(name);
  }
  return text;
}

WeightLevels weight_levels(const PreparedNetwork& network, const std::vector<QuantParams>& params,
                           const CalibrationData& data, const NpuConfig& config, const CompileOptions& given,
                           const WorkContext& work) {
  const CompileOptions options = with_composition(given);
  const RequantScale requant_scale = config.requantizer.requant_scale;
  const auto plan = [&](const NpuConfig& machine, const CompileOptions& how) {
    return plan_weights(network.graph, params, machine, how, &data, work);
  };
  WeightLevels levels;
  levels.machine_plans = plan(config, options);
  NpuConfig channel = config;
  channel.requantizer.requant_scale = RequantScale::channel_multiplier;
  NpuConfig shifter = config;
  shifter.requantizer.requant_scale = RequantScale::layer_with_channel_shift;
  shifter.requantizer.shift_bits = kWidestShifter;
  const bool own_scales = requant_scale == RequantScale::channel_multiplier;
  const std::vector<WeightPlan> channel_plans =
      own_scales ? levels.machine_plans : plan(channel, level_options(options));
  const std::vector<WeightPlan> shifter_plans = own_scales ? levels.machine_plans
                                                : requant_scale == RequantScale::channel_shift_only
                                                    ? without_clipping(network.graph, levels.machine_plans)
                                                    : plan(shifter, level_options(options));
  levels.graphs = {network.graph, with_plans(network.graph, channel_plans), with_plans(network.graph, shifter_plans),
                   with_plans(network.graph, levels.machine_plans)};
  return levels;
}

}  // namespace evenshift::compiler

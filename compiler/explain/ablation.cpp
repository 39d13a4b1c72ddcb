#include "compiler/explain/ablation.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "arch/base/check.h"
#include "compiler/explain/widest_machine.h"
#include "compiler/lower/lower.h"
#include "compiler/quantize/quantize_graph.h"

namespace evenshift::compiler {
namespace {

/// Weights · (M · 2^-n) / (S_x · s / S_y): what a multiplier of few bits makes of the scale of each channel.
Graph with_multipliers(const AblationInput& input) {
  Graph graph = input.network.graph;
  const int bits = static_cast<int>(input.config.requantizer.multiplier_bits);
  const RequantScale requant_scale = input.config.requantizer.requant_scale;
  if (requant_scale == RequantScale::channel_shift_only) return graph;  // it has none
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    auto* conv = std::get_if<Conv>(&graph.nodes[n].op);
    if (conv == nullptr) continue;
    const WeightGrid& grid = input.levels.machine_plans[n].grid;
    const double unit = input.params[static_cast<std::size_t>(graph.nodes[n].inputs[0])].scale /
                        input.params[static_cast<std::size_t>(graph.nodes[n].output)].scale;
    const std::size_t taps = conv->weights.size() / conv->bias.size();
    for (std::size_t c = 0; c < conv->bias.size(); ++c) {
      const double wanted =
          unit * (requant_scale == RequantScale::channel_multiplier ? grid.scale(c) : grid.layer_scale);
      const double ratio = to_double(fixed_point_scale(wanted, bits)) / wanted;
      conv->bias[c] = static_cast<float>(conv->bias[c] * ratio);
      for (std::size_t t = 0; t < taps; ++t)
        conv->weights[c * taps + t] = static_cast<float>(conv->weights[c * taps + t] * ratio);
    }
  }
  return graph;
}

class Ablator {
 public:
  Ablator(const AblationInput& input, const WorkContext& work)
      : input_(input), work_(work), most_(10 + std::ssize(input.ranges)) {}

  Ablation run() {
    Ablation result;
    const NpuConfig::Requantizer& requantizer = input_.config.requantizer;
    result.compiled = compiled(input_.config);

    // Activations: float, best range, configured range; the weights float, then the machine's.
    const Likeness rounded = floats(WeightLevel::exact, &input_.params);
    Likeness best = rounded;
    result.best_params = input_.params;
    for (const RangeAlternative& range : input_.ranges) {
      const Likeness candidate = floats(WeightLevel::exact, &range.params);
      if (candidate.noise >= best.noise) continue;
      best = candidate;
      result.best_range = range.name;
      result.best_params = range.params;
    }
    result.modelled = floats(WeightLevel::machine, &input_.params);
    const Likeness best_range =
        result.best_range.empty() ? result.modelled : floats(WeightLevel::machine, &result.best_params);
    const Likeness without_activations = floats(WeightLevel::machine, nullptr);
    add(Cause::activation_rounding, best, without_activations, best.noise,
        best_range.noise - without_activations.noise);
    add(Cause::activation_range, rounded, best_range, rounded.noise - best.noise,
        result.modelled.noise - best_range.noise);

    // Weights: each level alone, and with the activations.
    const bool own_scales = requantizer.requant_scale == RequantScale::channel_multiplier;
    const Likeness channel = floats(WeightLevel::channel_scale, nullptr);
    const Likeness channel_whole = floats(WeightLevel::channel_scale, &input_.params);
    add(Cause::weight_rounding, channel, rounded, channel.noise, channel_whole.noise - rounded.noise);
    if (!own_scales) {
      const Likeness shift = floats(WeightLevel::power_of_two, nullptr);
      const Likeness shift_whole = floats(WeightLevel::power_of_two, &input_.params);
      add(Cause::power_of_two_scale, shift, channel_whole, shift.noise - channel.noise,
          shift_whole.noise - channel_whole.noise);
      add(Cause::shift_width, without_activations, shift_whole, without_activations.noise - shift.noise,
          result.modelled.noise - shift_whole.noise);
    }
    add_integers(rounded, result);
    finish(result.causes);
    if (work_.progress) work_.progress("causes", most_, most_);
    return result;
  }

 private:
  /// Causes that only integers know.
  void add_integers(const Likeness& rounded, Ablation& result) {
    const NpuConfig::Requantizer& requantizer = input_.config.requantizer;
    if (requantizer.multiplier_bits < kWidestMultiplier &&
        requantizer.requant_scale != RequantScale::channel_shift_only) {
      NpuConfig wide = input_.config;
      wide.requantizer.multiplier_bits = kWidestMultiplier;
      const Likeness removed = compiled(wide);
      const Likeness alone = measure({with_multipliers(input_), {}, CodeRounding::nearest});
      add(Cause::multiplier_width, alone, removed, alone.noise, result.compiled.noise - removed.noise);
    }
    if (requantizer.rounding != RoundingMode::half_even) {
      NpuConfig even = input_.config;
      even.requantizer.rounding = RoundingMode::half_even;
      const Likeness removed = compiled(even);
      const bool down = requantizer.rounding == RoundingMode::truncate;
      const Likeness alone =
          down ? measure({input_.network.graph, all_rounded(input_.params), CodeRounding::down}) : rounded;
      add(Cause::rounding_mode, down ? std::optional(alone) : std::nullopt, removed, alone.noise - rounded.noise,
          result.compiled.noise - removed.noise);
    }
    if (input_.config.conv_core.accumulator_bits < kWidestAccumulator) {
      NpuConfig wide = input_.config;
      wide.conv_core.accumulator_bits = kWidestAccumulator;
      const Likeness removed = compiled(wide);
      add(Cause::accumulator_width, std::nullopt, removed, 0, result.compiled.noise - removed.noise);
    }
  }

  void add(Cause cause, const std::optional<Likeness>& alone, const Likeness& removed, double added, double taken) {
    causes_.push_back({cause, alone, removed, added, taken, 0});
  }

  void finish(std::vector<CauseLoss>& causes) {
    double sum = 0;
    for (CauseLoss& cause : causes_) {
      cause.share = (std::max(0.0, cause.noise_added) + std::max(0.0, cause.noise_removed)) / 2;
      sum += cause.share;
    }
    for (CauseLoss& cause : causes_) cause.share = sum > 0 ? cause.share / sum : 0;
    std::ranges::stable_sort(causes_, std::ranges::greater{}, &CauseLoss::share);
    causes = std::move(causes_);
  }

  Likeness measure(const Variant& variant) {
    const Likeness result = likeness(input_.exact, evaluate(variant, input_.images, work_));
    if (work_.progress) work_.progress("causes", ++measured_, most_);
    return result;
  }
  Likeness floats(WeightLevel level, const std::vector<QuantParams>* params) {
    return measure({input_.levels.of(level),
                    params != nullptr ? all_rounded(*params) : std::vector<std::optional<QuantParams>>(),
                    CodeRounding::nearest});
  }
  /// The machine's plans on another machine.
  Likeness compiled(const NpuConfig& config) {
    const QuantizationResult quantized =
        quantize_graph(input_.network.graph, input_.params, input_.levels.machine_plans, config);
    return likeness(input_.exact, input_.run(lower(quantized.graph, input_.host)));
  }

  const AblationInput& input_;
  const WorkContext& work_;
  std::vector<CauseLoss> causes_;
  std::int64_t measured_ = 0;
  std::int64_t most_;  ///< variants that can be needed
};

struct CauseNames {
  Cause cause;
  std::string_view key;
  std::string_view sentence;
};

constexpr std::array<CauseNames, 8> kCauses = {{
    {Cause::weight_rounding, "weight_rounding", "weight rounding"},
    {Cause::power_of_two_scale, "power_of_two_scale", "channel scales that are powers of two"},
    {Cause::shift_width, "shift_width", "limited shift width"},
    {Cause::activation_rounding, "activation_rounding", "activation rounding"},
    {Cause::activation_range, "activation_range", "activation ranges"},
    {Cause::multiplier_width, "multiplier_width", "multiplier width"},
    {Cause::rounding_mode, "rounding_mode", "rounding mode"},
    {Cause::accumulator_width, "accumulator_width", "accumulator width"},
}};

const CauseNames& names_of(Cause cause) { return *std::ranges::find(kCauses, cause, &CauseNames::cause); }

}  // namespace

std::string_view to_string(Cause cause) { return names_of(cause).key; }
std::string_view sentence_of(Cause cause) { return names_of(cause).sentence; }

Ablation ablate(const AblationInput& input, const WorkContext& work) { return Ablator(input, work).run(); }

Cause cause_of_layer(const AblationInput& input, const Ablation& ablation, std::size_t node, const WorkContext& work) {
  const Graph& graph = input.network.graph;
  const auto weights = [&](WeightLevel level) {
    Variant variant{graph, {}, CodeRounding::nearest};
    variant.graph.nodes[node].op = input.levels.of(level).nodes[node].op;
    return likeness(input.exact, evaluate(variant, input.images, work)).noise;
  };
  const auto output = [&](const std::vector<QuantParams>& params) {
    Variant variant{graph, std::vector<std::optional<QuantParams>>(params.size()), CodeRounding::nearest};
    const auto value = static_cast<std::size_t>(graph.nodes[node].output);
    variant.values[value] = params[value];
    return likeness(input.exact, evaluate(variant, input.images, work)).noise;
  };
  std::vector<std::pair<Cause, double>> noises;
  const double best = output(ablation.best_params);
  noises.emplace_back(Cause::activation_rounding, best);
  noises.emplace_back(Cause::activation_range, ablation.best_range.empty() ? 0 : output(input.params) - best);
  if (std::holds_alternative<Conv>(graph.nodes[node].op)) {
    const double channel = weights(WeightLevel::channel_scale);
    const double shift = weights(WeightLevel::power_of_two);
    noises.emplace_back(Cause::weight_rounding, channel);
    noises.emplace_back(Cause::power_of_two_scale, shift - channel);
    noises.emplace_back(Cause::shift_width, weights(WeightLevel::machine) - shift);
  }
  return std::ranges::max_element(noises, {}, &std::pair<Cause, double>::second)->first;
}

}  // namespace evenshift::compiler

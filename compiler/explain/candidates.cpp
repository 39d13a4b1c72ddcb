#include "compiler/explain/candidates.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "compiler/compile.h"
#include "compiler/composition.h"
#include "compiler/explain/widest_machine.h"

namespace evenshift::compiler {
namespace {

constexpr double kHarmlessNoise = 0.01;
constexpr std::int64_t kUsualShifter = 4;

struct CostNames {
  RemedyCost cost;
  std::string_view key;
  std::string_view sentence;
};
constexpr std::array<CostNames, 8> kCosts = {{
    {RemedyCost::compiler_flag, "compiler_flag", "no hardware"},
    {RemedyCost::rounding, "rounding", "another rounding"},
    {RemedyCost::wider_shifter, "wider_shifter", "a wider shifter"},
    {RemedyCost::wider_multiplier, "wider_multiplier", "a wider multiplier"},
    {RemedyCost::wider_accumulator, "wider_accumulator", "a wider accumulator"},
    {RemedyCost::wider_weights, "wider_weights", "wider weights"},
    {RemedyCost::wider_activations, "wider_activations", "wider activations"},
    {RemedyCost::channel_multiplier, "channel_multiplier", "a multiplier a channel"},
}};
const CostNames& names_of(RemedyCost cost) { return *std::ranges::find(kCosts, cost, &CostNames::cost); }

class Proposals {
 public:
  explicit Proposals(const CandidateInput& input) : input_(input), options_(with_composition(input.options)) {}

  std::vector<Candidate> run() {
    if (counts({Cause::activation_range, Cause::activation_rounding})) propose_ranges();
    propose_compositions();
    if (counts({Cause::rounding_mode})) propose_rounding();
    const auto scale = input_.config.requantizer.requant_scale;
    const bool by_layer = scale == RequantScale::layer || scale == RequantScale::layer_with_channel_shift;
    if (by_layer && counts({Cause::shift_width})) propose_shifter();
    if (counts({Cause::multiplier_width})) propose_multiplier();
    if (counts({Cause::accumulator_width}))
      machine(RemedyCost::wider_accumulator, fmt::format("--set accumulator_bits={}", kWidestAccumulator),
              [](NpuConfig& config) { config.conv_core.accumulator_bits = kWidestAccumulator; });
    if (counts({Cause::weight_rounding, Cause::power_of_two_scale, Cause::shift_width})) propose_weights();
    if (options_.activation_bits < kWidestActivations && counts({Cause::activation_rounding}))
      flag(RemedyCost::wider_activations, fmt::format("--activation-bits {}", kWidestActivations),
           [](CompileOptions& options) { options.activation_bits = kWidestActivations; });
    if (scale != RequantScale::channel_multiplier && counts({Cause::power_of_two_scale, Cause::shift_width}))
      machine(RemedyCost::channel_multiplier, "--requant-scale channel_multiplier",
              [](NpuConfig& config) { config.requantizer.requant_scale = RequantScale::channel_multiplier; });
    return std::move(found_);
  }

 private:
  [[nodiscard]] bool counts(std::initializer_list<Cause> causes) const {
    return std::ranges::any_of(input_.causes, [&](const CauseLoss& loss) {
      return loss.share >= kLeastShare && std::ranges::find(causes, loss.cause) != causes.end();
    });
  }
  template <typename Change>
  void flag(RemedyCost cost, const std::string& text, Change&& change) {
    Candidate candidate{cost, text, input_.config, input_.options, false, false};
    change(candidate.options);
    found_.push_back(std::move(candidate));
  }
  template <typename Change>
  void machine(RemedyCost cost, const std::string& text, Change&& change) {
    Candidate candidate{cost, text, input_.config, input_.options, false, false};
    change(candidate.config);
    found_.push_back(std::move(candidate));
  }

  void propose_ranges() {
    if (input_.has_outliers)
      found_.push_back({RemedyCost::compiler_flag, "leave the outlier images out of the calibration folder",
                        input_.config, input_.options, true, false});
    for (const std::string_view method : calibration_methods())
      if (method != options_.calibration)
        flag(RemedyCost::compiler_flag, fmt::format("--calibration {}", method),
             [&](CompileOptions& options) { options.calibration = method; });
  }

  void composition(const std::string& text) {
    if (text == options_.equalize ||
        std::ranges::any_of(found_, [&](const Candidate& each) { return each.options.equalize == text; }))
      return;
    flag(RemedyCost::compiler_flag, fmt::format("--equalize {}", text),
         [&](CompileOptions& options) { options.equalize = text; });
    found_.back().is_slow =
        Composition::parse(text).of(Stage::rounding) != Composition::parse(options_.equalize).of(Stage::rounding);
  }

  /// From the one in use: what it lacks, a method at a time, then together.
  void propose_compositions() {
    const Composition used = Composition::parse(options_.equalize);
    const auto scale = input_.config.requantizer.requant_scale;
    std::string base = options_.equalize;
    if (used.of(Stage::grid).empty() && scale == RequantScale::layer_with_channel_shift) {
      base = with_method(base, "shift");
      composition(base);
    }
    const bool corrects = !used.of(Stage::bias).empty();
    const std::string corrected = corrects ? base : with_method(base, "bias_correction");
    composition(corrected);
    if (used.of(Stage::factorization).empty()) composition(with_method(corrected, "factorize"));
    if (used.of(Stage::rounding).empty()) {
      composition(with_method(corrected, "least_squares"));
      if (used.of(Stage::factorization).empty())
        composition(with_method(with_method(corrected, "least_squares"), "factorize"));
    }
  }

  void propose_rounding() {
    if (input_.config.requantizer.rounding != RoundingMode::half_up)
      machine(RemedyCost::rounding, "--rounding half_up",
              [](NpuConfig& config) { config.requantizer.rounding = RoundingMode::half_up; });
  }

  void propose_shifter() {
    const bool none = input_.config.requantizer.requant_scale == RequantScale::layer;
    const std::int64_t first = none ? 1 : input_.config.requantizer.shift_bits + 1;
    const bool equalizes = !Composition::parse(options_.equalize).of(Stage::grid).empty();
    for (std::int64_t bits = first; bits <= (none ? kUsualShifter : kWidestShifter); ++bits) {
      const std::string text =
          fmt::format("{}--shift-bits {}{}", none ? "--requant-scale layer_with_channel_shift " : "", bits,
                      equalizes ? "" : " --equalize shift");
      machine(RemedyCost::wider_shifter, text, [&](NpuConfig& config) {
        config.requantizer.requant_scale = RequantScale::layer_with_channel_shift;
        config.requantizer.shift_bits = bits;
      });
      if (!equalizes) found_.back().options.equalize = with_method(options_.equalize, "shift");
    }
  }

  void propose_multiplier() {
    for (std::int64_t bits : {12, 16, 24, 31})
      if (bits > input_.config.requantizer.multiplier_bits)
        machine(RemedyCost::wider_multiplier, fmt::format("--set multiplier_bits={}", bits),
                [&](NpuConfig& config) { config.requantizer.multiplier_bits = bits; });
    static_assert(kWidestMultiplier == 31);
  }

  /// 8 bits for the guiltiest layer, for the three guiltiest, then more for all.
  void propose_weights() {
    std::vector<std::string> narrow;
    for (const std::string& name : input_.guilty_convs)
      if (weight_bits_of(options_, name) < kWidestWeights && name.find_first_of(",=") == std::string::npos)
        narrow.push_back(name);
    std::string exceptions;
    for (std::size_t i = 0; i < std::min<std::size_t>(3, narrow.size()); ++i) {
      exceptions += fmt::format("{}{}={}", i == 0 ? "" : ",", narrow[i], kWidestWeights);
      if (i == 1) continue;
      flag(RemedyCost::wider_weights, fmt::format("--layer-weight-bits '{}'", exceptions),
           [&](CompileOptions& options) {
             options.layer_weight_bits =
                 options.layer_weight_bits.empty() ? exceptions : exceptions + "," + options.layer_weight_bits;
           });
    }
    for (std::int64_t bits = options_.weight_bits + 1; bits <= kWidestWeights; ++bits)
      flag(RemedyCost::wider_weights, fmt::format("--weight-bits {}", bits),
           [&](CompileOptions& options) { options.weight_bits = bits; });
  }

  const CandidateInput& input_;
  CompileOptions options_;
  std::vector<Candidate> found_;
};

}  // namespace

std::string_view to_string(RemedyCost cost) { return names_of(cost).key; }
std::string_view sentence_of(RemedyCost cost) { return names_of(cost).sentence; }

std::vector<Candidate> candidates(const CandidateInput& input) { return Proposals(input).run(); }

bool wins_half(const Likeness& before, const Likeness& after) {
  if (2 * after.noise > before.noise || after.disagreeing > before.disagreeing) return false;
  return before.disagreeing <= kFewImages || 2 * after.disagreeing <= before.disagreeing;
}

std::optional<std::size_t> advised_of(const std::vector<Remedy>& remedies) {
  std::optional<std::size_t> advised;
  for (std::size_t i = 0; i < remedies.size(); ++i) {
    const Remedy& remedy = remedies[i];
    if (!remedy.wins_half) continue;
    if (!advised || remedy.candidate.cost < remedies[*advised].candidate.cost ||
        (remedy.candidate.cost == remedies[*advised].candidate.cost &&
         remedy.result.noise < remedies[*advised].result.noise))
      advised = i;
  }
  return advised;
}

bool is_harmless(const Likeness& likeness) {
  return likeness.noise <= kHarmlessNoise && likeness.disagreeing <= kFewImages;
}

}  // namespace evenshift::compiler

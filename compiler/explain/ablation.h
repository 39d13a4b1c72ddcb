#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "compiler/explain/variant.h"
#include "compiler/explain/weight_levels.h"

namespace evenshift::compiler {

/// What costs accuracy.
enum class Cause : std::uint8_t {
  weight_rounding,
  power_of_two_scale,
  shift_width,
  activation_rounding,
  activation_range,
  multiplier_width,
  rounding_mode,
  accumulator_width,
};
/// "weight_rounding", as JSON has it.
std::string_view to_string(Cause cause);
/// "weight rounding", in a sentence.
std::string_view sentence_of(Cause cause);

/// One cause, measured from both ends; docs/explain.md names the variants. Noise is Likeness::noise.
struct CauseLoss {
  Cause cause = Cause::weight_rounding;
  std::optional<Likeness> alone;    ///< nothing but this cause, and what it cannot be without
  std::optional<Likeness> removed;  ///< everything but this cause, and what cannot be without it
  double noise_added = 0;           ///< by the cause to a network that has only what it cannot be without
  double noise_removed = 0;         ///< from the whole network when the cause goes after those that build on it
  double share = 0;  ///< of the loss: mean of the two, negatives as 0, divided by the sum over all causes
};

/// Runs an image on the measured images in integers: its first output before softmax, dequantized.
using ExactRunner = std::function<Outputs(const image::Image& image)>;

/// Ranges of activations that could be had instead of the configured ones.
struct RangeAlternative {
  std::string name;
  std::vector<QuantParams> params;
};

/// What the ablation is made of.
struct AblationInput {
  const PreparedNetwork& network;
  const std::vector<QuantParams>& params;
  const WeightLevels& levels;
  const std::vector<RangeAlternative>& ranges;
  const NpuConfig& config;
  const Images& images;
  const Outputs& exact;
  const std::string& host;
  const ExactRunner& run;
};

struct Ablation {
  Likeness compiled;       ///< the image itself, in integers
  Likeness modelled;       ///< the same in floats: weights and values rounded, nothing else
  std::string best_range;  ///< the alternative with the least noise, empty: the configured one
  std::vector<QuantParams> best_params;
  std::vector<CauseLoss> causes;  ///< greatest share first
};

Ablation ablate(const AblationInput& input, const WorkContext& work);

/// What one layer's loss is made of, everything else in floats: its greatest cause, of those that a layer can have by
/// itself (weights and activations).
Cause cause_of_layer(const AblationInput& input, const Ablation& ablation, std::size_t node, const WorkContext& work);

}  // namespace evenshift::compiler

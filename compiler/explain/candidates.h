#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/explain/ablation.h"

namespace evenshift::compiler {

/// What a remedy costs, cheapest first. Flags of the compiler cost no gate.
enum class RemedyCost : std::uint8_t {
  compiler_flag,
  rounding,  ///< a carry or a comparison in the requantizer
  wider_shifter,
  wider_multiplier,
  wider_accumulator,
  wider_weights,  ///< of some layers, then of all
  wider_activations,
  channel_multiplier,
};
std::string_view to_string(RemedyCost cost);
/// "no hardware", "a wider shifter", …
std::string_view sentence_of(RemedyCost cost);

/// A change of the configuration that could win accuracy back.
struct Candidate {
  RemedyCost cost = RemedyCost::compiler_flag;
  std::string change;  ///< as flags of the command line
  NpuConfig config;
  CompileOptions options;
  bool without_outliers = false;  ///< calibrates without the outlier images
  bool is_slow = false;           ///< to compile: worth it where nothing quicker of the same cost helps
};

/// A candidate and what it was found to be worth.
struct Remedy {
  Candidate candidate;
  Likeness result;  ///< of the compiled image, in integers
  bool wins_half = false;
  std::optional<std::string> refused;  ///< why the machine cannot carry it, in place of a result
};

/// What is measured to propose from.
struct CandidateInput {
  const NpuConfig& config;
  const CompileOptions& options;
  const std::vector<CauseLoss>& causes;
  std::vector<std::string> guilty_convs;  ///< names, guiltiest first
  bool has_outliers = false;
};

/// Those changes that touch a cause with at least kLeastShare of the loss, cheapest first.
std::vector<Candidate> candidates(const CandidateInput& input);

/// A cause of a smaller share gets no candidates.
inline constexpr double kLeastShare = 0.05;

/// Whether a change wins back at least half: half of the noise, and half of the disagreeing images where there are
/// more than kFewImages of them (fewer are chance), and no more of them than before in any case.
bool wins_half(const Likeness& before, const Likeness& after);
inline constexpr std::int64_t kFewImages = 2;

/// Of the cheapest cost at which something wins back half, the winner with the least noise.
std::optional<std::size_t> advised_of(const std::vector<Remedy>& remedies);

/// Nothing to mend: at least 20 dB, and no more than kFewImages images disagree.
bool is_harmless(const Likeness& likeness);

}  // namespace evenshift::compiler

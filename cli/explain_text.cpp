#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cli/explain_report.h"

namespace evenshift::cli {
namespace {

using compiler::Explanation;
using compiler::Likeness;

constexpr std::size_t kNameWidth = 36;

/// The end of a long name tells more than its beginning.
std::string shortened(const std::string& name) {
  return name.size() <= kNameWidth ? name : ".." + name.substr(name.size() - (kNameWidth - 2));
}

std::string percent(double share) { return fmt::format("{:.1f}", 100 * share); }

std::string subject_line(const ExplainSubject& subject, const Explanation& explanation) {
  const auto& requantizer = subject.configuration.npu.requantizer;
  const auto& compile = subject.configuration.compile;
  std::string scale = std::string(to_string(requantizer.requant_scale));
  if (requantizer.requant_scale == RequantScale::layer_with_channel_shift)
    scale += fmt::format(" of {} bits", requantizer.shift_bits);
  return fmt::format(
      "{} on {}: weights {} bits, activations {} bits, {}, equalize {}, calibration {}; measured on {} {}\n",
      subject.model, subject.configuration.npu.name, compile.weight_bits, compile.activation_bits, scale,
      compile.equalize, compile.calibration, explanation.images,
      explanation.held_out ? "images that do not calibrate" : "of the calibration images");
}

std::string likeness_text(const Likeness& likeness, std::int64_t images) {
  return fmt::format("{} of {} images change their first class, output SQNR {:.1f} dB", likeness.disagreeing, images,
                     likeness.sqnr_db());
}

std::string share_text(const Explanation& explanation) {
  std::string text;
  for (const compiler::CauseLoss& cause : explanation.causes) {
    if (cause.share < compiler::kLeastShare || (!text.empty() && cause.share < explanation.causes[0].share / 3)) break;
    text += fmt::format("{}{} ({:.0f} %)", text.empty() ? "" : ", ", sentence_of(cause.cause), 100 * cause.share);
  }
  return text;
}

std::string guilty_text(const Explanation& explanation) {
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(3, explanation.layers.size()); ++i) {
    const auto& layer = explanation.layers[i];
    if (i > 0 && layer.share < explanation.layers[0].share / 4) break;
    text += fmt::format("{}{} ({:.0f} %{})", text.empty() ? "" : ", ", layer.loss.name, 100 * layer.share,
                        layer.cause ? fmt::format(", {}", sentence_of(*layer.cause)) : "");
  }
  return text;
}

std::string advice_text(const Explanation& explanation) {
  if (explanation.advised) {
    const compiler::Remedy& remedy = explanation.remedies[*explanation.advised];
    return fmt::format("{}: costs {}, then {}", remedy.candidate.change, sentence_of(remedy.candidate.cost),
                       likeness_text(remedy.result, explanation.images));
  }
  const auto better = std::ranges::min_element(explanation.remedies, {}, [](const compiler::Remedy& remedy) {
    return remedy.refused ? compiler::ErrorSums::kMostNoise : remedy.result.noise;
  });
  if (better == explanation.remedies.end() || better->refused || better->result.noise >= explanation.compiled.noise)
    return "nothing that was measured helps";
  return fmt::format("nothing that was measured wins back half of the loss; the most does {}: {}",
                     better->candidate.change, likeness_text(better->result, explanation.images));
}

std::string verdict(const Explanation& explanation) {
  const Likeness& compiled = explanation.compiled;
  if (explanation.harmless)
    return fmt::format("Nothing to mend: {}.\nWhat noise there is: {}.\n", likeness_text(compiled, explanation.images),
                       share_text(explanation));
  return fmt::format("Loss:    {}.\nCause:   {}.\nLayers:  {}.\nRemedy:  {}.\n",
                     likeness_text(compiled, explanation.images), share_text(explanation), guilty_text(explanation),
                     advice_text(explanation));
}

std::string silent_text(const Explanation& explanation) {
  std::size_t channels = 0;
  std::size_t layers = 0;
  double factor = 1;
  for (const auto& layer : explanation.layers) {
    channels += layer.silent.channels.size();
    layers += !layer.silent.channels.empty();
    factor = std::max(factor, layer.silent.range_factor);
  }
  if (channels == 0 || !explanation.without_silent_inputs) return "";
  return fmt::format(
      "Silent inputs: {} input channels of {} layers stay below 0.1 % of their range on all calibration images, and "
      "yet "
      "the weights behind them set the layer's scale, up to {:.1f} x what the others need. With those weights at 0: "
      "{}.\n",
      channels, layers, factor, likeness_text(*explanation.without_silent_inputs, explanation.images));
}

std::string outlier_text(const ExplainSubject& subject, const Explanation& explanation) {
  std::string text;
  for (const compiler::OutlierImage& outlier : explanation.outliers)
    text += fmt::format(
        "Outlier image: {} alone stretches the ranges of {} values, up to {:.1f} x what every other image reaches.\n",
        subject.images.at(static_cast<std::size_t>(outlier.image)), outlier.values, outlier.factor);
  return text;
}

std::string columns(const std::optional<Likeness>& likeness) {
  return likeness ? fmt::format("{:>8.1f} {:>7}", likeness->sqnr_db(), percent(likeness->agreement))
                  : fmt::format("{:>8} {:>7}", "-", "-");
}

std::string causes_table(const Explanation& explanation) {
  std::string text =
      fmt::format("\n{:<{}} {:>7}  {:>16}  {:>16}\n{:<{}} {:>7}  {:>8} {:>7}  {:>8} {:>7}\n", "", kNameWidth, "",
                  "without it", "it alone", "cause", kNameWidth, "share %", "SQNR dB", "agree %", "SQNR dB", "agree %");
  for (const compiler::CauseLoss& cause : explanation.causes)
    text += fmt::format("{:<{}} {:>7}  {}  {}\n", sentence_of(cause.cause), kNameWidth, percent(cause.share),
                        columns(cause.removed), columns(cause.alone));
  if (!explanation.best_range.empty())
    text += fmt::format("activation ranges are measured against {}\n", explanation.best_range);
  return text;
}

std::string remedies_table(const Explanation& explanation) {
  if (explanation.remedies.empty()) return "";
  std::size_t width = kNameWidth;
  for (const compiler::Remedy& remedy : explanation.remedies) width = std::max(width, remedy.candidate.change.size());
  std::string text = fmt::format("\n{:<{}}  {:<22} {:>8} {:>7}\n", "remedy", width, "costs", "SQNR dB", "agree %");
  for (const compiler::Remedy& remedy : explanation.remedies) {
    text += fmt::format("{:<{}}  {:<22} ", remedy.candidate.change, width, sentence_of(remedy.candidate.cost));
    text += remedy.refused ? fmt::format("refused: {}\n", *remedy.refused)
                           : fmt::format("{}{}\n", columns(remedy.result), remedy.wins_half ? "  wins back half" : "");
  }
  return text;
}

std::string notes_of(const compiler::ExplainedLayer& layer) {
  std::vector<std::string> notes;
  if (layer.cause) notes.emplace_back(sentence_of(*layer.cause));
  if (!layer.silent.channels.empty())
    notes.push_back(
        fmt::format("scale x{1:.1f} by {0} silent", layer.silent.channels.size(), layer.silent.range_factor));
  if (layer.report && layer.report->dead_channels > 0)
    notes.push_back(fmt::format("{} dead", layer.report->dead_channels));
  if (layer.report && !layer.report->lowered_channels.empty())
    notes.push_back(fmt::format("{} lowered", layer.report->lowered_channels.size()));
  if (layer.report && !layer.report->clipped_channels.empty())
    notes.push_back(fmt::format("{} clipped", layer.report->clipped_channels.size()));
  if (layer.report && layer.report->scale_raised > 1)
    notes.push_back(fmt::format("scale x{:g}", layer.report->scale_raised));
  return fmt::format("{}", fmt::join(notes, ", "));
}

std::string effect_columns(const compiler::LayerEffect& effect) {
  return fmt::format("{:>8.1f} {}", compiler::sqnr_db(effect.layer_noise), columns(effect.network));
}

std::string layers_table(const Explanation& explanation) {
  std::string text = fmt::format(
      "\n{:<{}} {:<15} {:>7}  {:>14}  {:>24}  {:>24}\n{:<{}} {:<15} {:>7}  {:>14}  {:>8} {:>8} {:>6}  {:>8} {:>8} "
      "{:>6}  notes\n",
      "", kNameWidth, "", "", "weight SQNR dB", "this layer alone", "all up to it", "layer", kNameWidth, "kind",
      "share %", "before > after", "layer dB", "network", "agree %", "layer dB", "network", "agree %");
  for (const compiler::ExplainedLayer& layer : explanation.layers) {
    const std::string weights = layer.report ? fmt::format("{:.1f} > {:.1f}", layer.report->weight_sqnr_db_before,
                                                           layer.report->weight_sqnr_db_after)
                                             : "-";
    std::string line = fmt::format("{:<{}} {:<15} {:>7}  {:>14}  {}  {}  {}", shortened(layer.loss.name), kNameWidth,
                                   layer.loss.kind, percent(layer.share), weights, effect_columns(layer.loss.alone),
                                   effect_columns(layer.loss.up_to), notes_of(layer));
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace

std::string explain_text(const ExplainSubject& subject, const Explanation& explanation) {
  return subject_line(subject, explanation) + verdict(explanation) + outlier_text(subject, explanation) +
         silent_text(explanation) + causes_table(explanation) + remedies_table(explanation) + layers_table(explanation);
}

}  // namespace evenshift::cli

#include "cli/explain_report.h"

namespace evenshift::cli {
namespace {

using nlohmann::ordered_json;

ordered_json json_of(const compiler::Likeness& likeness) {
  return {{"output_noise", likeness.noise},
          {"output_sqnr_db", likeness.sqnr_db()},
          {"agreement", likeness.agreement},
          {"disagreeing_images", likeness.disagreeing}};
}

ordered_json json_of(const std::optional<compiler::Likeness>& likeness) {
  return likeness ? json_of(*likeness) : ordered_json();
}

ordered_json json_of(const compiler::LayerEffect& effect) {
  ordered_json json = {{"layer_sqnr_db", compiler::sqnr_db(effect.layer_noise)}};
  json.update(json_of(effect.network));
  return json;
}

ordered_json json_of(const compiler::ExplainedLayer& layer) {
  ordered_json json = {{"name", layer.loss.name},
                       {"kind", layer.loss.kind},
                       {"share", layer.share},
                       {"cause", layer.cause ? ordered_json(to_string(*layer.cause)) : ordered_json()},
                       {"alone", json_of(layer.loss.alone)},
                       {"up_to", json_of(layer.loss.up_to)}};
  if (!layer.report) return json;
  json["weight_bits"] = layer.report->weight_bits;
  json["channels"] = layer.report->channels;
  json["weight_sqnr_db_before"] = layer.report->weight_sqnr_db_before;
  json["weight_sqnr_db_after"] = layer.report->weight_sqnr_db_after;
  json["dead_channels"] = layer.report->dead_channels;
  json["lowered_channels"] = layer.report->lowered_channels;
  json["clipped_channels"] = layer.report->clipped_channels;
  json["scale_raised"] = layer.report->scale_raised;
  json["silent_input_channels"] = layer.silent.channels;
  json["silent_range_factor"] = layer.silent.range_factor;
  return json;
}

ordered_json json_of(const compiler::CauseLoss& cause) {
  return {{"cause", to_string(cause.cause)},      {"share", cause.share},          {"noise_added", cause.noise_added},
          {"noise_removed", cause.noise_removed}, {"alone", json_of(cause.alone)}, {"removed", json_of(cause.removed)}};
}

ordered_json json_of(const compiler::Remedy& remedy) {
  ordered_json json = {
      {"change", remedy.candidate.change}, {"cost", to_string(remedy.candidate.cost)}, {"wins_half", remedy.wins_half}};
  if (remedy.refused)
    json["refused"] = *remedy.refused;
  else
    json.update(json_of(remedy.result));
  return json;
}

template <typename Items>
ordered_json list_of(const Items& items) {
  ordered_json list = ordered_json::array();
  for (const auto& item : items) list.push_back(json_of(item));
  return list;
}

}  // namespace

ordered_json explain_json(const ExplainSubject& subject, const compiler::Explanation& explanation) {
  const auto& requantizer = subject.configuration.npu.requantizer;
  ordered_json outliers = ordered_json::array();
  for (const compiler::OutlierImage& outlier : explanation.outliers)
    outliers.push_back({{"file", subject.images.at(static_cast<std::size_t>(outlier.image))},
                        {"values", outlier.values},
                        {"range_factor", outlier.factor}});
  return {{"model", subject.model},
          {"machine", subject.configuration.npu.name},
          {"requant_scale", std::string(to_string(requantizer.requant_scale))},
          {"rounding", std::string(to_string(requantizer.rounding))},
          {"shift_bits", requantizer.shift_bits},
          {"multiplier_bits", requantizer.multiplier_bits},
          {"weight_bits", subject.configuration.compile.weight_bits},
          {"activation_bits", subject.configuration.compile.activation_bits},
          {"equalize", subject.configuration.compile.equalize},
          {"calibration", subject.configuration.compile.calibration},
          {"images", explanation.images},
          {"held_out", explanation.held_out},
          {"harmless", explanation.harmless},
          {"compiled", json_of(explanation.compiled)},
          {"modelled", json_of(explanation.modelled)},
          {"causes", list_of(explanation.causes)},
          {"best_range", explanation.best_range.empty() ? ordered_json() : ordered_json(explanation.best_range)},
          {"outlier_images", outliers},
          {"without_silent_inputs", json_of(explanation.without_silent_inputs)},
          {"remedies", list_of(explanation.remedies)},
          {"advised", explanation.advised ? ordered_json(explanation.remedies[*explanation.advised].candidate.change)
                                          : ordered_json()},
          {"layers", list_of(explanation.layers)}};
}

}  // namespace evenshift::cli

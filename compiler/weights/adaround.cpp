#include <algorithm>
#include <iterator>
#include <span>

#include "arch/base/parallel.h"
#include "compiler/reconstruct/rounding_training.h"
#include "compiler/weights/rounding.h"

namespace evenshift::compiler {
namespace {

/// Channels `first` to `end` of one group.
void learn(const Conv& conv, const WeightGrid& grid, const OutputError& error, const AdaRoundOptions& options,
           std::size_t first, std::size_t end, WeightCodes& codes) {
  const std::size_t taps = error.taps();
  const std::size_t channels = end - first;
  const std::size_t group = error.group_of(first);
  double diagonal = 0;  // mean G_tt
  for (std::size_t t = 0; t < taps; ++t) diagonal += error.diagonal(group, t) / static_cast<double>(taps);

  const Floats weights(conv.weights.begin() + static_cast<std::ptrdiff_t>(first * taps),
                       conv.weights.begin() + static_cast<std::ptrdiff_t>(end * taps));
  Floats targets;
  for (std::size_t c = first; c < end; ++c) std::ranges::copy(error.target(c), std::back_inserter(targets));
  WeightTrainingOptions training;
  training.learning_rate = options.learning_rate;
  training.regularization = options.regularization * static_cast<double>(weights.size());  // there of the mean
  RoundingTraining rounding(weights, grid.of_channels(first, channels), channels, training);
  Floats gradient(weights.size());
  for (int iteration = 0; iteration < options.iterations; ++iteration) {
    const Floats responses = error.responses(group, rounding.forward());
    for (std::size_t c = 0; c < channels; ++c) {
      const double factor = 2 / (grid.scale(first + c) * grid.scale(first + c) * diagonal);
      for (std::size_t i = c * taps; i < (c + 1) * taps; ++i)
        gradient[i] = static_cast<float>(factor * (static_cast<double>(responses[i]) - targets[i]));
    }
    rounding.step(gradient, static_cast<double>(iteration) / options.iterations);
  }

  const TrainedWeights learned = rounding.finish();
  const TrainedWeights nearest = nearest_weights(weights, learned.grid, channels);
  const Floats of_learned = learned.dequantized(channels);
  const Floats of_nearest = nearest.dequantized(channels);
  const auto row = [&](const auto& all, std::size_t c) { return std::span(all).subspan(c * taps, taps); };
  for (std::size_t c = 0; c < channels; ++c) {
    const auto loss = [&](const Floats& values) {
      return error.error(row(targets, c), error.responses(group, row(values, c)), row(values, c));
    };
    const TrainedWeights& better = loss(of_learned) < loss(of_nearest) ? learned : nearest;
    std::ranges::copy(row(better.codes, c), codes.begin() + static_cast<std::ptrdiff_t>((first + c) * taps));
  }
}

}  // namespace

WeightCodes adaround_codes(const Conv& conv, const WeightGrid& grid, const OutputError& error,
                           const AdaRoundOptions& options, int threads) {
  constexpr std::size_t kTogether = 24;  // channels that read a gram once
  WeightCodes codes(conv.weights.size());
  const auto channels = static_cast<std::size_t>(conv.output_channels);
  std::vector<std::size_t> starts;
  for (std::size_t c = 0; c < channels; ++c)
    if (starts.empty() || c == starts.back() + kTogether || error.group_of(c) != error.group_of(starts.back()))
      starts.push_back(c);
  parallel_for_ordered(starts.size(), threads, [&](std::size_t i) {
    learn(conv, grid, error, options, starts[i], i + 1 < starts.size() ? starts[i + 1] : channels, codes);
  });
  return codes;
}

}  // namespace evenshift::compiler

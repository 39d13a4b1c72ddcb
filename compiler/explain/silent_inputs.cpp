#include "compiler/explain/silent_inputs.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace evenshift::compiler {
namespace {

/// Calls visit(input channel, index of the weight) for every weight.
template <typename Visit>
void visit_weights(const Conv& conv, Visit&& visit) {
  const std::int64_t window = conv.window.kernel_height * conv.window.kernel_width;
  const std::int64_t inputs = std::ssize(conv.weights) / conv.output_channels / window;  // of a group
  const std::int64_t outputs = conv.output_channels / conv.groups;
  for (std::int64_t i = 0; i < std::ssize(conv.weights); ++i) {
    const std::int64_t row = i / window;  // output channel · inputs + input channel of the group
    visit(static_cast<std::size_t>(row / inputs / outputs * inputs + row % inputs), static_cast<std::size_t>(i));
  }
}

}  // namespace

SilentInputs silent_inputs(const Conv& conv, const ChannelStatistics& input) {
  const std::size_t channels = input.low.size();
  std::vector<double> greatest(channels, 0);  // weight behind a channel
  visit_weights(conv, [&](std::size_t channel, std::size_t i) {
    greatest[channel] = std::max(greatest[channel], std::abs(static_cast<double>(conv.weights[i])));
  });
  const double range = *std::ranges::max_element(input.high) - std::min(0.0, *std::ranges::min_element(input.low));
  double heard = 0;
  double all = 0;
  std::vector<bool> silent(channels);
  for (std::size_t c = 0; c < channels; ++c) {
    silent[c] = std::max(std::abs(input.low[c]), std::abs(input.high[c])) <= SilentInputs::kSilent * range;
    all = std::max(all, greatest[c]);
    if (!silent[c]) heard = std::max(heard, greatest[c]);
  }
  SilentInputs result;
  if (heard < std::numeric_limits<float>::min()) return result;
  for (std::size_t c = 0; c < channels; ++c)
    if (silent[c] && greatest[c] > heard) result.channels.push_back(static_cast<std::int64_t>(c));
  result.range_factor = all / heard;
  return result;
}

Conv without_silent_inputs(const Conv& conv, const SilentInputs& silent) {
  Conv result = conv;
  visit_weights(conv, [&](std::size_t channel, std::size_t i) {
    if (std::ranges::binary_search(silent.channels, static_cast<std::int64_t>(channel))) result.weights[i] = 0;
  });
  return result;
}

}  // namespace evenshift::compiler

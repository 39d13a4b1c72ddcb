#include "compiler/equalize/shift_equalizer.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace evenshift::compiler {

std::vector<double> channel_ranges(const Conv& conv) {
  const auto channels = static_cast<std::size_t>(conv.output_channels);
  const std::size_t reduction = conv.weights.size() / channels;
  std::vector<double> ranges(channels, 0.0);
  for (std::size_t c = 0; c < channels; ++c)
    for (std::size_t r = 0; r < reduction; ++r)
      ranges[c] = std::max(ranges[c], std::abs(static_cast<double>(conv.weights[c * reduction + r])));
  return ranges;
}

int equalizing_shift(double layer_range, double channel_range, int shift_bits) {
  if (channel_range < std::numeric_limits<float>::min()) return 0;
  int layer_exponent = 0;
  int channel_exponent = 0;
  const double layer_fraction = std::frexp(layer_range, &layer_exponent);
  const double channel_fraction = std::frexp(channel_range, &channel_exponent);
  const int shift = layer_exponent - channel_exponent - (channel_fraction > layer_fraction ? 1 : 0);
  return std::clamp(shift, 0, (1 << shift_bits) - 1);
}

std::vector<int> equalizing_shifts(std::span<const double> ranges, int shift_bits) {
  const double layer_range = ranges.empty() ? 0.0 : *std::ranges::max_element(ranges);
  std::vector<int> shifts;
  shifts.reserve(ranges.size());
  for (const double range : ranges) shifts.push_back(equalizing_shift(layer_range, range, shift_bits));
  return shifts;
}

}  // namespace evenshift::compiler

#include "compiler/equalize/grid_choice.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "compiler/equalize/shift_equalizer.h"

namespace evenshift::compiler {
namespace {

bool is_dead(double range) { return range < std::numeric_limits<float>::min(); }

bool has_shifts(RequantScale scale) {
  return scale == RequantScale::layer_with_channel_shift || scale == RequantScale::channel_shift_only;
}

/// Sets the k_c of least error, of all from `first` on while they do not clip half of the range away twice over.
double choose_shift(std::size_t c, double range, const ChannelError& error, int shift_count, WeightGrid& grid) {
  const int cover = equalizing_shift(grid.layer_scale * max_weight_code(grid.bits), range, 5);
  const int first = std::clamp(cover - 1, 0, shift_count - 1);
  const int last = std::clamp(cover + 3, 0, shift_count - 1);
  int best = first;
  double least = std::numeric_limits<double>::infinity();
  for (int shift = first; shift <= last; ++shift) {
    grid.shifts[c] = shift;
    const double found = error(c, grid);
    if (found < least) {
      least = found;
      best = shift;
    }
  }
  grid.shifts[c] = best;
  return least;
}

double choose_scale(std::size_t c, const ChannelError& error, WeightGrid& grid) {
  constexpr double kStep = 0.98;
  constexpr double kLeast = 0.25;
  const double widest = grid.channel_scales[c];
  double best = widest;
  double least = std::numeric_limits<double>::infinity();
  for (double ratio = 1; ratio >= kLeast; ratio *= kStep) {
    grid.channel_scales[c] = widest * ratio;
    const double found = error(c, grid);
    if (found < least) {
      least = found;
      best = grid.channel_scales[c];
    }
  }
  grid.channel_scales[c] = best;
  return least;
}

}  // namespace

int GridRequest::shift_count() const {
  switch (requant_scale) {
    case RequantScale::layer_with_channel_shift:
      return 1 << shift_bits;
    case RequantScale::channel_shift_only:
      return 1 << kChannelShiftOnlyBits;
    case RequantScale::layer:
    case RequantScale::channel_multiplier:
      break;
  }
  return 1;
}

GridRequest grid_request(const NpuConfig& config, int weight_bits, const QuantParams& input,
                         const QuantParams& output) {
  return {config.requantizer.requant_scale, static_cast<int>(config.requantizer.shift_bits), weight_bits,
          output.scale / input.scale};
}

WeightGrid range_grid(const Conv& conv, const GridRequest& request, bool shifts) {
  const std::vector<double> ranges = channel_ranges(conv);
  const double layer_range = *std::ranges::max_element(ranges);
  const double most = max_weight_code(request.weight_bits);
  WeightGrid grid;
  grid.bits = request.weight_bits;
  grid.layer_scale = is_dead(layer_range) ? request.unit / most : layer_range / most;
  switch (request.requant_scale) {
    case RequantScale::layer:
      break;
    case RequantScale::layer_with_channel_shift:
      if (shifts)
        grid.shifts = equalizing_shifts(ranges, request.shift_bits);
      else
        grid.shifts.assign(ranges.size(), 0);
      break;
    case RequantScale::channel_multiplier:
      for (const double range : ranges) grid.channel_scales.push_back(is_dead(range) ? grid.layer_scale : range / most);
      break;
    case RequantScale::channel_shift_only:
      grid.layer_scale = request.unit;
      for (const double range : ranges)
        grid.shifts.push_back(is_dead(range) ? request.shift_count() - 1
                                             : equalizing_shift(request.unit * most, range, kChannelShiftOnlyBits));
      break;
  }
  return grid;
}

ChannelError weight_error(const Conv& conv) {
  const std::size_t reduction = conv.weights.size() / static_cast<std::size_t>(conv.output_channels);
  return [&conv, reduction](std::size_t c, const WeightGrid& grid) {
    const double scale = grid.scale(c);
    double sum = 0;
    for (std::size_t r = 0; r < reduction; ++r) {
      const double weight = conv.weights[c * reduction + r];
      const double error = weight - scale * grid.nearest_code(c, weight);
      sum += error * error;
    }
    return sum;
  };
}

WeightGrid searched_grid(const Conv& conv, const GridRequest& request, const ChannelError& error) {
  WeightGrid grid = range_grid(conv, request);
  const std::vector<double> ranges = channel_ranges(conv);
  for (std::size_t c = 0; c < ranges.size(); ++c) {
    if (is_dead(ranges[c])) continue;
    if (has_shifts(request.requant_scale)) choose_shift(c, ranges[c], error, request.shift_count(), grid);
    if (request.requant_scale == RequantScale::channel_multiplier) choose_scale(c, error, grid);
  }
  return grid;
}

WeightGrid joint_grid(const Conv& conv, const GridRequest& request, const ChannelError& error) {
  const bool shifts = request.requant_scale == RequantScale::layer_with_channel_shift;
  if (!shifts && request.requant_scale != RequantScale::layer) return searched_grid(conv, request, error);
  const std::vector<double> ranges = channel_ranges(conv);
  const WeightGrid widest = range_grid(conv, request);
  std::vector<double> norms;
  for (std::size_t c = 0; c < ranges.size(); ++c) norms.push_back(is_dead(ranges[c]) ? 0 : error(c, widest));
  WeightGrid best = widest;
  double least = std::numeric_limits<double>::infinity();
  constexpr double kStep = 0.917004043204671;  // 2^(-1/8)
  double ratio = 1;
  for (int step = 0; step <= (shifts ? 16 : 32); ++step, ratio *= kStep) {
    WeightGrid grid = widest;
    grid.layer_scale = widest.layer_scale * ratio;
    double sum = 0;
    for (std::size_t c = 0; c < ranges.size(); ++c) {
      if (!(norms[c] > 0)) continue;
      sum += (shifts ? choose_shift(c, ranges[c], error, request.shift_count(), grid) : error(c, grid)) / norms[c];
    }
    if (sum < least) {
      least = sum;
      best = grid;
    }
  }
  return best;
}

}  // namespace evenshift::compiler

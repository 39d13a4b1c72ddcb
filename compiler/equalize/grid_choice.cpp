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

/// The step of least cost of every channel among those that were offered; the first among equals.
class Cheapest {
 public:
  explicit Cheapest(std::size_t channels) : costs_(channels, std::numeric_limits<double>::infinity()) {}

  /// Takes over into `best` those of `steps` that cost their channel less than all before.
  template <typename Step>
  void offer(const std::vector<Step>& steps, const std::vector<double>& costs, std::vector<Step>& best) {
    for (std::size_t c = 0; c < costs_.size(); ++c)
      if (costs[c] < costs_[c]) {
        costs_[c] = costs[c];
        best[c] = steps[c];
      }
  }
  [[nodiscard]] const std::vector<double>& costs() const { return costs_; }

 private:
  std::vector<double> costs_;
};

/// Sets the k_c of least error, from one below the k_c that just covers the range to three above it, which clip; dead
/// channels keep theirs. Gives the errors.
std::vector<double> choose_shifts(const std::vector<double>& ranges, const GridError& error, int shift_count,
                                  WeightGrid& grid) {
  Cheapest cheapest(ranges.size());
  const double most = grid.layer_scale * max_weight_code(grid.bits);
  std::vector<int> best = grid.shifts;
  for (int beside = -1; beside <= 3; ++beside) {
    for (std::size_t c = 0; c < ranges.size(); ++c)
      if (!is_dead(ranges[c]))
        grid.shifts[c] = std::clamp(equalizing_shift(most, ranges[c], 5) + beside, 0, shift_count - 1);
    cheapest.offer(grid.shifts, error(grid), best);
  }
  grid.shifts = best;
  return cheapest.costs();
}

/// Sets the S_w,c of least error; dead channels keep theirs.
void choose_scales(const std::vector<double>& ranges, const GridError& error, WeightGrid& grid) {
  constexpr double kStep = 0.98;
  constexpr double kLeast = 0.25;
  const std::vector<double> widest = grid.channel_scales;
  Cheapest cheapest(ranges.size());
  std::vector<double> best = widest;
  for (double ratio = 1; ratio >= kLeast; ratio *= kStep) {
    for (std::size_t c = 0; c < ranges.size(); ++c)
      if (!is_dead(ranges[c])) grid.channel_scales[c] = widest[c] * ratio;
    cheapest.offer(grid.channel_scales, error(grid), best);
  }
  grid.channel_scales = best;
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

GridError weight_error(const Conv& conv) {
  const std::size_t reduction = conv.weights.size() / static_cast<std::size_t>(conv.output_channels);
  return [&conv, reduction](const WeightGrid& grid) {
    std::vector<double> costs(static_cast<std::size_t>(conv.output_channels));
    for (std::size_t c = 0; c < costs.size(); ++c) {
      const double scale = grid.scale(c);
      for (std::size_t r = 0; r < reduction; ++r) {
        const double weight = conv.weights[c * reduction + r];
        const double error = weight - scale * grid.nearest_code(c, weight);
        costs[c] += error * error;
      }
    }
    return costs;
  };
}

WeightGrid searched_grid(const Conv& conv, const GridRequest& request, const GridError& error) {
  WeightGrid grid = range_grid(conv, request);
  const std::vector<double> ranges = channel_ranges(conv);
  if (has_shifts(request.requant_scale)) choose_shifts(ranges, error, request.shift_count(), grid);
  if (request.requant_scale == RequantScale::channel_multiplier) choose_scales(ranges, error, grid);
  return grid;
}

WeightGrid joint_grid(const Conv& conv, const GridRequest& request, const GridError& error) {
  const bool shifts = request.requant_scale == RequantScale::layer_with_channel_shift;
  if (!shifts && request.requant_scale != RequantScale::layer) return searched_grid(conv, request, error);
  const std::vector<double> ranges = channel_ranges(conv);
  const WeightGrid widest = range_grid(conv, request);
  const std::vector<double> norms = error(widest);
  WeightGrid best = widest;
  double least = std::numeric_limits<double>::infinity();
  constexpr double kStep = 0.917004043204671;  // 2^(-1/8)
  double ratio = 1;
  for (int step = 0; step <= (shifts ? 16 : 32); ++step, ratio *= kStep) {
    WeightGrid grid = widest;
    grid.layer_scale = widest.layer_scale * ratio;
    const std::vector<double> costs = shifts ? choose_shifts(ranges, error, request.shift_count(), grid) : error(grid);
    double sum = 0;
    for (std::size_t c = 0; c < ranges.size(); ++c)
      if (!is_dead(ranges[c]) && norms[c] > 0) sum += costs[c] / norms[c];
    if (sum < least) {
      least = sum;
      best = grid;
    }
  }
  return best;
}

}  // namespace evenshift::compiler

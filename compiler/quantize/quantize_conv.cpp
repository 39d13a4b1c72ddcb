#include "compiler/quantize/quantize_conv.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "arch/base/check.h"
#include "compiler/equalize/grid_choice.h"
#include "compiler/equalize/shift_equalizer.h"

namespace evenshift::compiler {
namespace {

/// One output channel in integers.
struct Channel {
  std::vector<std::int8_t> weights;
  std::int32_t bias = 0;
  bool fits = false;  ///< |b| + Σ|w| · max|q| fits the accumulator
};

/// Quantizes and measures the channels of one conv.
class ChannelQuantizer {
 public:
  ChannelQuantizer(const Conv& conv, const ConvTarget& target, const NpuConfig& config)
      : conv_(conv),
        target_(target),
        bias_(target.plan.bias.empty() ? conv.bias : target.plan.bias),
        reduction_(conv.weights.size() / static_cast<std::size_t>(conv.output_channels)),
        limit_(std::ldexp(1.0, static_cast<int>(config.conv_core.accumulator_bits) - 1) - 1) {}

  /// Channel `c` on `grid`; with the codes of the plan where the grid is still the plan's.
  [[nodiscard]] Channel quantize(std::size_t c, const WeightGrid& grid) const {
    Channel channel;
    const WeightPlan& plan = target_.plan;
    if (!plan.codes.empty() && grid.scale(c) == plan.grid.scale(c)) {
      const auto first = plan.codes.begin() + static_cast<std::ptrdiff_t>(c * reduction_);
      channel.weights.assign(first, first + static_cast<std::ptrdiff_t>(reduction_));
    } else {
      for (std::size_t r = 0; r < reduction_; ++r)
        channel.weights.push_back(static_cast<std::int8_t>(grid.nearest_code(c, weight(c, r))));
    }
    std::int64_t sum = 0;
    std::int64_t absolute_sum = 0;
    for (const std::int8_t code : channel.weights) {
      sum += code;
      absolute_sum += std::abs(code);
    }
    const double bias = round_half_even(static_cast<double>(bias_[c]) / (target_.input.scale * grid.scale(c))) -
                        static_cast<double>(target_.input.zero_point) * static_cast<double>(sum);
    const double most_code = -static_cast<double>(target_.input.min_code());
    channel.fits = std::abs(bias) + static_cast<double>(absolute_sum) * most_code <= limit_;
    if (channel.fits) channel.bias = static_cast<std::int32_t>(bias);
    return channel;
  }

  /// Σ (W - scale · w)² of a channel.
  [[nodiscard]] double squared_error(std::size_t c, const std::vector<std::int8_t>& weights, double scale) const {
    double error = 0;
    for (std::size_t r = 0; r < reduction_; ++r) error += std::pow(weight(c, r) - scale * weights[r], 2);
    return error;
  }

  [[nodiscard]] double energy() const {
    return std::accumulate(conv_.weights.begin(), conv_.weights.end(), 0.0,
                           [](double sum, float w) { return sum + static_cast<double>(w) * w; });
  }

 private:
  [[nodiscard]] float weight(std::size_t c, std::size_t r) const { return conv_.weights[c * reduction_ + r]; }

  const Conv& conv_;
  const ConvTarget& target_;
  const std::vector<float>& bias_;
  std::size_t reduction_;
  double limit_;
};

double sqnr_db(double energy, double error) {
  if (!(energy > 0)) return 0;
  return error > 0 ? std::min(10 * std::log10(energy / error), 200.0) : 200.0;
}

struct Context {
  const Conv& conv;
  const std::string& name;
  const ConvTarget& target;
  const NpuConfig& config;
  const ChannelQuantizer& quantizer;
  LayerReport& report;

  [[nodiscard]] std::size_t channels() const { return conv.bias.size(); }
  [[nodiscard]] FixedPointScale fixed_point(double weight_scale) const {
    return fixed_point_scale(target.input.scale * weight_scale / target.output.scale,
                             static_cast<int>(config.requantizer.multiplier_bits));
  }
};

/// A whole conv on one grid.
struct Attempt {
  WeightGrid grid;
  QuantizedConv conv;
  double squared_error = 0;
  std::vector<std::int64_t> lowered;
  std::optional<std::size_t> unfit;  ///< first channel that does not fit the accumulator at shift 0
};

Attempt attempt(const Context& context, const WeightGrid& grid) {
  Attempt result{grid, {}, 0, {}, {}};
  for (std::size_t c = 0; c < context.channels(); ++c) {
    Channel channel = context.quantizer.quantize(c, result.grid);
    if (!grid.shifts.empty()) {
      int& shift = result.grid.shifts[c];
      while (!channel.fits && shift > 0) {
        --shift;
        channel = context.quantizer.quantize(c, result.grid);
      }
      if (shift != grid.shifts[c]) result.lowered.push_back(static_cast<std::int64_t>(c));
    }
    if (!channel.fits) {
      result.unfit = c;
      return result;
    }
    result.squared_error += context.quantizer.squared_error(c, channel.weights, result.grid.scale(c));
    result.conv.weights.insert(result.conv.weights.end(), channel.weights.begin(), channel.weights.end());
    result.conv.bias.push_back(channel.bias);
  }
  return result;
}

/// Doubles the layer's scale, or the channel's, until every channel fits.
Attempt fit(const Context& context) {
  const RequantScale requant_scale = context.config.requantizer.requant_scale;
  WeightGrid grid = context.target.plan.grid;
  for (;;) {
    Attempt result = attempt(context, grid);
    if (!result.unfit) return result;
    const std::size_t c = *result.unfit;
    check(std::isfinite(grid.scale(c)) && grid.scale(c) > 0,
          fmt::format("layer '{}': scale {} of output channel {}", context.name, grid.scale(c), c));
    if (requant_scale == RequantScale::channel_shift_only)
      fail(
          "layer '{}': requant_scale channel_shift_only cannot carry output channel {}: its bias {} does not fit {} "
          "bits",
          context.name, c, context.conv.bias[c], context.config.conv_core.accumulator_bits);
    if (requant_scale == RequantScale::channel_multiplier) {
      grid.channel_scales[c] *= 2;
      const double wanted = context.target.plan.grid.channel_scales[c];
      context.report.scale_raised = std::max(context.report.scale_raised, grid.channel_scales[c] / wanted);
    } else {
      grid.layer_scale *= 2;
      context.report.scale_raised *= 2;
    }
  }
}

/// The scales that the requantizer reads.
void set_scales(const Context& context, const WeightGrid& grid, QuantizedConv& result) {
  const RequantScale requant_scale = context.config.requantizer.requant_scale;
  result.layer_scale = requant_scale == RequantScale::channel_shift_only   ? FixedPointScale{1, 0}
                       : requant_scale == RequantScale::channel_multiplier ? FixedPointScale{}
                                                                           : context.fixed_point(grid.layer_scale);
  for (std::size_t c = 0; c < context.channels(); ++c) {
    if (requant_scale == RequantScale::channel_multiplier) {
      const FixedPointScale fixed = context.fixed_point(grid.channel_scales[c]);
      result.channel_scales.push_back({fixed.multiplier, fixed.shift});
    } else {
      const std::uint32_t multiplier = requant_scale == RequantScale::channel_shift_only ? 1 : 0;
      result.channel_scales.push_back({multiplier, grid.shifts.empty() ? 0 : grid.shifts[c]});
    }
  }
}

/// Channels whose weights channel_shift_only cannot cover at n_c = 0.
std::vector<std::int64_t> clipped_channels(const std::vector<double>& ranges, const WeightGrid& grid) {
  std::vector<std::int64_t> clipped;
  for (std::size_t c = 0; c < ranges.size(); ++c)
    if (grid.layer_scale * max_weight_code(grid.bits) < ranges[c]) clipped.push_back(static_cast<std::int64_t>(c));
  return clipped;
}

void report_ranges(const std::vector<double>& ranges, const QuantizedConv& result, const NpuConfig& config,
                   LayerReport& report) {
  const double greatest = *std::ranges::max_element(ranges);
  const double layer_range = greatest < std::numeric_limits<float>::min() ? 1.0 : greatest;
  report.channels = static_cast<std::int64_t>(ranges.size());
  const bool shifts = config.requantizer.requant_scale == RequantScale::layer_with_channel_shift;
  if (shifts) report.shift_histogram.assign(std::size_t{1} << config.requantizer.shift_bits, 0);
  double before = 0;
  double after = 0;
  std::int64_t alive = 0;
  for (std::size_t c = 0; c < ranges.size(); ++c) {
    const int shift = shifts ? result.channel_scales[c].shift : 0;
    if (shifts) ++report.shift_histogram[static_cast<std::size_t>(shift)];
    if (ranges[c] < std::numeric_limits<float>::min()) {
      ++report.dead_channels;
      continue;
    }
    ++alive;
    const double ratio = ranges[c] / layer_range;
    before += ratio;
    after += std::ldexp(ratio, shift);
    report.min_range_ratio_before = std::min(report.min_range_ratio_before, ratio);
    report.min_range_ratio_after = std::min(report.min_range_ratio_after, std::ldexp(ratio, shift));
  }
  if (alive > 0) {
    report.mean_range_ratio_before = before / static_cast<double>(alive);
    report.mean_range_ratio_after = after / static_cast<double>(alive);
  }
}

/// What one scale for the layer and no shifts would leave.
double plain_sqnr_db(const Conv& conv, const ConvTarget& target, const ChannelQuantizer& quantizer) {
  const GridRequest request{RequantScale::layer, 0, target.plan.grid.bits, target.output.scale / target.input.scale};
  const WeightGrid grid = range_grid(conv, request);
  double sum = 0;
  for (const double cost : weight_error(conv)(grid)) sum += cost;
  return sqnr_db(quantizer.energy(), sum);
}

}  // namespace

OutputRange output_range(const Clamp& clamp, const QuantParams& output) {
  OutputRange range{output.zero_point, output.min_code(), output.max_code()};
  if (std::isfinite(clamp.low)) range.low = quantize(clamp.low, output);
  if (std::isfinite(clamp.high)) range.high = quantize(clamp.high, output);
  return range;
}

QuantizedConv quantize_conv(const Conv& conv, const std::string& name, const ConvTarget& target,
                            const NpuConfig& config, LayerReport& report) {
  const std::vector<double> ranges = channel_ranges(conv);
  const ChannelQuantizer quantizer(conv, target, config);
  report.name = name;
  report.kind = std::string(kind_of(conv));
  report.weight_bits = target.plan.grid.bits;
  report.weight_sqnr_db_before = plain_sqnr_db(conv, target, quantizer);

  Attempt fitted = fit({conv, name, target, config, quantizer, report});
  QuantizedConv result = std::move(fitted.conv);
  result.weight_bits = target.plan.grid.bits;
  result.range = output_range(conv.clamp, target.output);
  set_scales({conv, name, target, config, quantizer, report}, fitted.grid, result);
  report.lowered_channels = fitted.lowered;
  if (config.requantizer.requant_scale == RequantScale::channel_shift_only)
    report.clipped_channels = clipped_channels(ranges, fitted.grid);
  report.weight_sqnr_db_after = sqnr_db(quantizer.energy(), fitted.squared_error);
  report_ranges(ranges, result, config, report);
  return result;
}

}  // namespace evenshift::compiler

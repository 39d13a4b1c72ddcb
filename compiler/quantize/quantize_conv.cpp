#include "compiler/quantize/quantize_conv.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "arch/base/check.h"
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
        reduction_(conv.weights.size() / static_cast<std::size_t>(conv.output_channels)),
        limit_(std::ldexp(1.0, static_cast<int>(config.conv_core.accumulator_bits) - 1) - 1) {}

  /// Channel `c` with the weight scale `scale` (S_w · 2^-k_c).
  [[nodiscard]] Channel quantize(std::size_t c, double scale) const {
    Channel channel;
    const std::int32_t most = max_weight_code(target_.weight_bits);
    std::int64_t sum = 0;
    std::int64_t absolute_sum = 0;
    channel.weights.reserve(reduction_);
    for (std::size_t r = 0; r < reduction_; ++r) {
      const double code = std::clamp(round_half_even(static_cast<double>(weight(c, r)) / scale),
                                     -static_cast<double>(most), static_cast<double>(most));
      channel.weights.push_back(static_cast<std::int8_t>(code));
      sum += channel.weights.back();
      absolute_sum += std::abs(channel.weights.back());
    }
    const double bias = round_half_even(static_cast<double>(conv_.bias[c]) / (target_.input.scale * scale)) -
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
  std::size_t reduction_;
  double limit_;
};

double sqnr_db(double energy, double error) {
  if (!(energy > 0)) return 0;
  return error > 0 ? std::min(10 * std::log10(energy / error), 200.0) : 200.0;
}

void append(QuantizedConv& result, const Channel& channel) {
  result.weights.insert(result.weights.end(), channel.weights.begin(), channel.weights.end());
  result.bias.push_back(channel.bias);
}

struct Context {
  const Conv& conv;
  const std::string& name;
  const ConvTarget& target;
  const NpuConfig& config;
  const std::vector<double>& ranges;
  const ChannelQuantizer& quantizer;
  double layer_scale;  ///< S_w
  LayerReport& report;

  [[nodiscard]] std::size_t channels() const { return ranges.size(); }
  [[nodiscard]] FixedPointScale fixed_point(double weight_scale) const {
    return fixed_point_scale(target.input.scale * weight_scale / target.output.scale,
                             static_cast<int>(config.requantizer.multiplier_bits));
  }
};

/// layer and layer_with_channel_shift. Returns the squared weight error.
double quantize_with_layer_scale(const Context& context, QuantizedConv& result) {
  const auto shift_of = [&](std::size_t c) { return context.target.shifts.empty() ? 0 : context.target.shifts[c]; };
  double scale = context.layer_scale;
  for (bool fits = false; !fits;) {
    QuantizedConv attempt = result;
    std::vector<std::int64_t> lowered;
    double error = 0;
    fits = true;
    for (std::size_t c = 0; c < context.channels() && fits; ++c) {
      int shift = shift_of(c);
      Channel channel = context.quantizer.quantize(c, std::ldexp(scale, -shift));
      while (!channel.fits && shift > 0) channel = context.quantizer.quantize(c, std::ldexp(scale, -(--shift)));
      fits = channel.fits;
      if (shift != shift_of(c)) lowered.push_back(static_cast<std::int64_t>(c));
      error += context.quantizer.squared_error(c, channel.weights, std::ldexp(scale, -shift));
      attempt.channel_scales.push_back({0, shift});
      append(attempt, channel);
    }
    if (fits) {
      result = std::move(attempt);
      result.layer_scale = context.fixed_point(scale);
      context.report.lowered_channels = lowered;
      return error;
    }
    scale *= 2;
    context.report.scale_raised *= 2;
  }
  return 0;
}

/// channel_multiplier: every channel has its own scale; one whose bias does not fit gets a coarser one.
double quantize_with_channel_multipliers(const Context& context, QuantizedConv& result) {
  double error = 0;
  for (std::size_t c = 0; c < context.channels(); ++c) {
    const bool dead = context.ranges[c] < std::numeric_limits<float>::min();
    double scale = dead ? context.layer_scale : context.ranges[c] / max_weight_code(context.target.weight_bits);
    Channel channel = context.quantizer.quantize(c, scale);
    if (!channel.fits) context.report.lowered_channels.push_back(static_cast<std::int64_t>(c));
    while (!channel.fits) channel = context.quantizer.quantize(c, scale *= 2);
    error += context.quantizer.squared_error(c, channel.weights, scale);
    const FixedPointScale fixed = context.fixed_point(scale);
    result.channel_scales.push_back({fixed.multiplier, fixed.shift});
    append(result, channel);
  }
  return error;
}

/// channel_shift_only: S_w,c is S_y / S_x over a power of two.
double quantize_with_channel_shifts(const Context& context, QuantizedConv& result) {
  constexpr int kMost = (1 << kChannelShiftOnlyBits) - 1;
  const double unit = context.target.output.scale / context.target.input.scale;
  double error = 0;
  for (std::size_t c = 0; c < context.channels(); ++c) {
    const double covered = unit * max_weight_code(context.target.weight_bits);
    int shift = context.ranges[c] < std::numeric_limits<float>::min()
                    ? kMost
                    : equalizing_shift(covered, context.ranges[c], kChannelShiftOnlyBits);
    if (covered < context.ranges[c]) context.report.clipped_channels.push_back(static_cast<std::int64_t>(c));
    const int wanted = shift;
    Channel channel = context.quantizer.quantize(c, std::ldexp(unit, -shift));
    while (!channel.fits && shift > 0) channel = context.quantizer.quantize(c, std::ldexp(unit, -(--shift)));
    if (!channel.fits)
      fail(
          "layer '{}': requant_scale channel_shift_only cannot carry output channel {}: its bias {} does not fit {} "
          "bits",
          context.name, c, context.conv.bias[c], context.config.conv_core.accumulator_bits);
    if (shift != wanted) context.report.lowered_channels.push_back(static_cast<std::int64_t>(c));
    error += context.quantizer.squared_error(c, channel.weights, std::ldexp(unit, -shift));
    result.channel_scales.push_back({1, shift});
    append(result, channel);
  }
  result.layer_scale = {1, 0};
  return error;
}

void report_ranges(const std::vector<double>& ranges, double layer_range, const QuantizedConv& result,
                   const NpuConfig& config, LayerReport& report) {
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
  const double layer_range = *std::ranges::max_element(ranges);
  const bool dead = layer_range < std::numeric_limits<float>::min();
  // A layer without weights is its biases: any scale will do that lets them fit.
  const double layer_scale =
      (dead ? target.output.scale / target.input.scale : layer_range) / max_weight_code(target.weight_bits);
  const ChannelQuantizer quantizer(conv, target, config);
  report.name = name;
  report.kind = std::string(kind_of(conv));

  double plain_error = 0;
  for (std::size_t c = 0; c < ranges.size(); ++c)
    plain_error += quantizer.squared_error(c, quantizer.quantize(c, layer_scale).weights, layer_scale);
  report.weight_sqnr_db_before = sqnr_db(quantizer.energy(), plain_error);

  QuantizedConv result;
  result.weight_bits = target.weight_bits;
  result.range = output_range(conv.clamp, target.output);
  const Context context{conv, name, target, config, ranges, quantizer, layer_scale, report};
  double error = 0;
  switch (config.requantizer.requant_scale) {
    case RequantScale::layer:
    case RequantScale::layer_with_channel_shift:
      error = quantize_with_layer_scale(context, result);
      break;
    case RequantScale::channel_multiplier:
      error = quantize_with_channel_multipliers(context, result);
      break;
    case RequantScale::channel_shift_only:
      error = quantize_with_channel_shifts(context, result);
      break;
  }
  report.weight_sqnr_db_after = sqnr_db(quantizer.energy(), error);
  report_ranges(ranges, dead ? 1.0 : layer_range, result, config, report);
  return result;
}

}  // namespace evenshift::compiler

#include "compiler/quantize/take_over_conv.h"

#include <algorithm>
#include <cmath>

#include "arch/base/check.h"
#include "arch/base/error.h"
#include "compiler/equalize/fit_shifts.h"

namespace evenshift::compiler {
namespace {

class TakeOver {
 public:
  TakeOver(const Conv& conv, const std::string& name, const ConvTarget& target, const NpuConfig& config)
      : conv_(conv), codes_(*conv.codes), name_(name), target_(target), config_(config) {}

  QuantizedConv run() const {
    QuantizedConv result;
    result.weight_bits = codes_.weight_bits();
    result.weights = codes_.weights;
    result.range = output_range(conv_.clamp, target_.output);
    for (std::size_t c = 0; c < channels(); ++c) result.bias.push_back(accumulator_bias(c));
    set_scales(result);
    return result;
  }

 private:
  [[nodiscard]] std::size_t channels() const { return codes_.scales.size(); }
  [[nodiscard]] double product(std::size_t c) const { return codes_.product(target_.input.scale, c); }
  [[nodiscard]] double effective(std::size_t c) const { return product(c) / target_.output.scale; }
  [[nodiscard]] FixedPointScale fixed_point(std::size_t c) const {
    return fixed_point_scale(effective(c), static_cast<int>(config_.requantizer.multiplier_bits));
  }

  /// b_c in units of S_x · S_w,c, without the zero-point term.
  [[nodiscard]] double bias_code(std::size_t c) const {
    constexpr double kTolerance = 1e-5;
    if (codes_.bias.empty()) return round_half_even(static_cast<double>(conv_.bias[c]) / product(c));
    const double ratio = codes_.bias_scales[c] / product(c);
    if (std::abs(ratio - 1) <= kTolerance) return codes_.bias[c];
    return round_half_even(codes_.bias[c] * ratio);
  }

  [[nodiscard]] std::int32_t accumulator_bias(std::size_t c) const {
    const std::size_t row = codes_.weights.size() / channels();
    std::int64_t sum = 0, absolute_sum = 0;
    for (std::size_t r = c * row; r < (c + 1) * row; ++r) {
      sum += codes_.weights[r];
      absolute_sum += std::abs(codes_.weights[r]);
    }
    const double bias = bias_code(c) - static_cast<double>(target_.input.zero_point) * static_cast<double>(sum);
    const double most =
        std::abs(bias) - static_cast<double>(target_.input.min_code()) * static_cast<double>(absolute_sum);
    if (!(most <= std::ldexp(1.0, static_cast<int>(config_.conv_core.accumulator_bits) - 1) - 1))
      fail(
          "layer '{}': its imported weights and bias of output channel {} may reach {:.0f} in the accumulator, which "
          "has "
          "{} bits; 'evenshift compile --fit' quantizes such layers anew",
          name_, c, most, config_.conv_core.accumulator_bits);
    return static_cast<std::int32_t>(bias);
  }

  [[noreturn]] void refuse(const std::string& what) const {
    fail(
        "layer '{}': {}, which requant_scale {} cannot carry; compile with --requant-scale channel_multiplier, or see "
        "'evenshift fit'",
        name_, what, to_string(config_.requantizer.requant_scale));
  }

  void set_scales(QuantizedConv& result) const {
    switch (config_.requantizer.requant_scale) {
      case RequantScale::layer:
        set_shifts(result, 0, "its imported weights have a scale for each channel");
        break;
      case RequantScale::layer_with_channel_shift: {
        const int bits = static_cast<int>(config_.requantizer.shift_bits);
        set_shifts(result, (1 << bits) - 1,
                   fmt::format("its imported channel scales are not one scale times 2^-k with k from 0 to {}",
                               (1 << bits) - 1));
        break;
      }
      case RequantScale::channel_shift_only:
        set_powers(result);
        break;
      case RequantScale::channel_multiplier:
        for (std::size_t c = 0; c < channels(); ++c) {
          const FixedPointScale fixed = fixed_point(c);
          result.channel_scales.push_back({fixed.multiplier, fixed.shift});
        }
        break;
    }
  }

  void set_shifts(QuantizedConv& result, int most, const std::string& otherwise) const {
    const auto shifts = exact_shifts(codes_.scales, most);
    if (!shifts) refuse(otherwise);
    const auto greatest = std::ranges::max_element(codes_.scales) - codes_.scales.begin();
    result.layer_scale = fixed_point(static_cast<std::size_t>(greatest));
    for (const int shift : *shifts) result.channel_scales.push_back({0, shift});
  }

  void set_powers(QuantizedConv& result) const {
    result.layer_scale = {1, 0};
    for (std::size_t c = 0; c < channels(); ++c) {
      // The scales were rounded to float on their way.
      constexpr double kTolerance = 1e-6;
      int exponent = 0;
      const double fraction = std::frexp(effective(c) * (1 + kTolerance / 2), &exponent);
      const int shift = 1 - exponent;
      if (std::abs(fraction - 0.5) > kTolerance || shift < 0 || shift >= 1 << kChannelShiftOnlyBits)
        refuse("its imported scales are no powers of two from 2^-31 to 1 of the output's");
      result.channel_scales.push_back({1, shift});
    }
  }

  const Conv& conv_;
  const ConvCodes& codes_;
  const std::string& name_;
  const ConvTarget& target_;
  const NpuConfig& config_;
};

}  // namespace

QuantizedConv take_over_conv(const Conv& conv, const std::string& name, const ConvTarget& target,
                             const NpuConfig& config, LayerReport& report) {
  check(conv.codes.has_value(), "layer '" + name + "' has codes to take over");
  QuantizedConv result = TakeOver(conv, name, target, config).run();
  report.name = name;
  report.kind = std::string(kind_of(conv));
  report.channels = conv.output_channels;
  report.is_imported = true;
  const std::size_t row = conv.weights.size() / conv.bias.size();
  for (auto first = result.weights.begin(); first != result.weights.end(); first += static_cast<std::ptrdiff_t>(row))
    report.dead_channels += std::all_of(first, first + static_cast<std::ptrdiff_t>(row), [](int w) { return w == 0; });
  if (config.requantizer.requant_scale == RequantScale::layer_with_channel_shift) {
    report.shift_histogram.assign(std::size_t{1} << config.requantizer.shift_bits, 0);
    for (const auto& scale : result.channel_scales) ++report.shift_histogram[static_cast<std::size_t>(scale.shift)];
  }
  return result;
}

}  // namespace evenshift::compiler

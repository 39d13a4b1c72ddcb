#include <algorithm>

#include "arch/base/check.h"
#include "arch/base/parallel.h"
#include "compiler/reference/integer_operators.h"

namespace evenshift::compiler {
namespace {

/// Weights in the order in which a pixel's sums take them: [group][tap][input of the group][output of the group], or,
/// where a group is one channel, [tap][channel].
std::vector<std::int16_t> by_tap(const Conv& conv, const std::vector<std::int8_t>& weights, std::int64_t inputs,
                                 std::int64_t taps) {
  const std::int64_t outputs = conv.output_channels / conv.groups;
  std::vector<std::int16_t> sorted(weights.size());
  if (inputs == 1 && outputs == 1) {
    for (std::int64_t c = 0; c < conv.groups; ++c)
      for (std::int64_t tap = 0; tap < taps; ++tap)
        sorted[static_cast<std::size_t>(tap * conv.groups + c)] = weights[static_cast<std::size_t>(c * taps + tap)];
    return sorted;
  }
  for (std::int64_t c = 0; c < conv.output_channels; ++c)
    for (std::int64_t i = 0; i < inputs; ++i)
      for (std::int64_t tap = 0; tap < taps; ++tap)
        sorted[static_cast<std::size_t>(((c / outputs * taps + tap) * inputs + i) * outputs + c % outputs)] =
            weights[static_cast<std::size_t>((c * inputs + i) * taps + tap)];
  return sorted;
}

std::vector<FixedPointScale> effective_scales(const QuantizedConv& quantized, const NpuConfig& config,
                                              std::int64_t output_channels) {
  isa::Conv command;
  command.output_channels = output_channels;
  command.multiplier = quantized.layer_scale.multiplier;
  command.shift = quantized.layer_scale.shift;
  return isa::channel_scales(command, config.requantizer,
                             isa::pack_scales(config.requantizer, quantized.channel_scales));
}

struct ConvLoop {
  const Conv& conv;
  const QuantizedConv& quantized;
  const IntegerNode& node;
  std::int64_t inputs, outputs, taps;  ///< of a group
  std::vector<std::int16_t> weights;
  std::vector<FixedPointScale> scales;

  /// sums[c] += Σ w · q over the inputs of one tap.
  void add_tap(const std::int8_t* pixel, std::int64_t tap, std::vector<std::int32_t>& sums) const {
    if (inputs == 1 && outputs == 1) {
      const std::int16_t* const w = weights.data() + tap * conv.groups;
      for (std::int64_t c = 0; c < conv.groups; ++c) sums[static_cast<std::size_t>(c)] += w[c] * pixel[c];
      return;
    }
    for (std::int64_t group = 0; group < conv.groups; ++group) {
      std::int32_t* const sum = sums.data() + group * outputs;
      const std::int16_t* w = weights.data() + (group * taps + tap) * inputs * outputs;
      for (std::int64_t i = 0; i < inputs; ++i, w += outputs) {
        const std::int16_t code = pixel[group * inputs + i];
        for (std::int64_t c = 0; c < outputs; ++c) sum[c] += w[c] * code;
      }
    }
  }

  void row(std::int64_t y, std::string_view name) const {
    const IntegerNode::Operand& in = node.inputs[0];
    const std::int64_t limit = std::int64_t{1} << (node.config.conv_core.accumulator_bits - 1);
    const Codes outside(static_cast<std::size_t>(in.shape.channels), static_cast<std::int8_t>(in.zero_point));
    std::vector<std::int32_t> sums;
    for (std::int64_t x = 0; x < node.shape.width; ++x) {
      sums = quantized.bias;
      const Window& w = conv.window;
      for (std::int64_t ky = 0; ky < w.kernel_height; ++ky)
        for (std::int64_t kx = 0; kx < w.kernel_width; ++kx) {
          const std::int64_t iy = y * w.stride_height + ky * w.dilation_height - w.pad_top;
          const std::int64_t ix = x * w.stride_width + kx * w.dilation_width - w.pad_left;
          const bool inside = iy >= 0 && iy < in.shape.height && ix >= 0 && ix < in.shape.width;
          add_tap(inside ? in.pixel(iy, ix) : outside.data(), ky * w.kernel_width + kx, sums);
        }
      std::int8_t* const out = node.pixel(y, x);
      for (std::size_t c = 0; c < sums.size(); ++c) {
        if (sums[c] < -limit || sums[c] >= limit)
          throw InternalError(fmt::format("layer '{}': accumulator {} of channel {} does not fit {} bits", name,
                                          sums[c], c, node.config.conv_core.accumulator_bits));
        out[c] = requantize(sums[c], scales[c], quantized.range, node.rounding());
      }
    }
  }
};

}  // namespace

void evaluate_conv(const Conv& conv, const QuantizedConv& quantized, const IntegerNode& node, std::string_view name) {
  const std::int64_t inputs = node.inputs[0].shape.channels / conv.groups;
  const std::int64_t taps = conv.window.kernel_height * conv.window.kernel_width;
  check_equal(static_cast<std::int64_t>(quantized.weights.size()), conv.output_channels * inputs * taps,
              fmt::format("layer '{}': number of quantized weights", name));
  check_equal(static_cast<std::int64_t>(quantized.bias.size()), conv.output_channels,
              fmt::format("layer '{}': number of quantized biases", name));
  const ConvLoop loop{conv,
                      quantized,
                      node,
                      inputs,
                      conv.output_channels / conv.groups,
                      taps,
                      by_tap(conv, quantized.weights, inputs, taps),
                      effective_scales(quantized, node.config, conv.output_channels)};
  parallel_for_ordered(static_cast<std::size_t>(node.shape.height), node.threads,
                       [&](std::size_t y) { loop.row(static_cast<std::int64_t>(y), name); });
}

}  // namespace evenshift::compiler

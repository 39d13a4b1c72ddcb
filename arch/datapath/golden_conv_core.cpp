#include "arch/datapath/golden_conv_core.h"

#include "arch/base/check.h"
#include "arch/datapath/conv_timing.h"
#include "arch/isa/weight_layout.h"
#include "arch/numerics/requantize.h"

namespace evenshift::datapath {
namespace {

std::int32_t load_int32(std::span<const std::uint8_t> bytes, std::int64_t address) {
  const auto at = [&](std::int64_t i) {
    return static_cast<std::uint32_t>(bytes[static_cast<std::size_t>(address + i)]);
  };
  return static_cast<std::int32_t>(at(0) | at(1) << 8 | at(2) << 16 | at(3) << 24);
}

/// acc[y][x][c] += Σ w · in. `weights` is [reduction][output_channels], so that the innermost loop runs over channels.
void accumulate(const isa::Conv& conv, std::span<const std::uint8_t> scratchpad,
                const std::vector<std::int8_t>& weights, std::vector<std::int32_t>& accumulators) {
  const std::int64_t channels = conv.output_channels;
  const std::int64_t group = conv.outputs_per_group;
  std::int32_t* acc = accumulators.data();
  for (std::int64_t y = 0; y < conv.output_height; ++y) {
    for (std::int64_t x = 0; x < conv.output_width; ++x, acc += channels) {
      const std::int8_t* w = weights.data();
      for (std::int64_t ky = 0; ky < conv.kernel_height; ++ky) {
        const std::int64_t iy = y * conv.stride_height + ky * conv.dilation_height - conv.pad_top;
        for (std::int64_t kx = 0; kx < conv.kernel_width; ++kx) {
          const std::int64_t ix = x * conv.stride_width + kx * conv.dilation_width - conv.pad_left;
          const bool inside = iy >= 0 && iy < conv.input_height && ix >= 0 && ix < conv.input_width;
          const std::uint8_t* pixel = inside ? scratchpad.data() + conv.input_address + iy * conv.input_row_stride +
                                                   ix * conv.input_pixel_stride
                                             : nullptr;
          for (std::int64_t i = 0; i < conv.inputs_per_group; ++i, w += channels) {
            for (std::int64_t first = 0, input = i; first < channels; first += group, input += conv.inputs_per_group) {
              const std::int32_t value =
                  inside ? static_cast<std::int8_t>(pixel[input]) : static_cast<std::int32_t>(conv.pad_value);
              for (std::int64_t c = first; c < first + group; ++c) acc[c] += value * w[c];
            }
          }
        }
      }
    }
  }
}

/// [output_channels][reduction] -> [reduction][output_channels].
std::vector<std::int8_t> transpose(const std::vector<std::int8_t>& weights, std::int64_t channels) {
  const std::int64_t reduction = static_cast<std::int64_t>(weights.size()) / channels;
  std::vector<std::int8_t> transposed(weights.size());
  for (std::int64_t c = 0; c < channels; ++c)
    for (std::int64_t r = 0; r < reduction; ++r)
      transposed[static_cast<std::size_t>(r * channels + c)] = weights[static_cast<std::size_t>(c * reduction + r)];
  return transposed;
}

}  // namespace

void GoldenConvCore::configure(const NpuConfig& config) {
  config_ = config;
  accumulators_.clear();
}

ConvActivity GoldenConvCore::execute(const isa::Conv& conv, std::span<std::uint8_t> scratchpad,
                                     const AccumulatorObserver& observer) {
  const std::int64_t channels = conv.output_channels;
  const std::int64_t positions = conv.output_height * conv.output_width;
  const auto packed = scratchpad.subspan(static_cast<std::size_t>(conv.weight_address));
  const auto weights = transpose(isa::unpack_weights(conv, config_.conv_core.mac_cols, packed), channels);

  if (conv.continues == 0) {
    accumulators_.resize(static_cast<std::size_t>(positions * channels));
    for (std::int64_t c = 0; c < channels; ++c) {
      const std::int32_t bias = load_int32(scratchpad, conv.bias_address + 4 * c);
      for (std::int64_t p = 0; p < positions; ++p) accumulators_[static_cast<std::size_t>(p * channels + c)] = bias;
    }
  }
  check_equal(static_cast<std::int64_t>(accumulators_.size()), positions * channels,
              "accumulators of a conv that continues");
  accumulate(conv, scratchpad, weights, accumulators_);

  ConvActivity activity = conv_timing(conv, config_);
  if (conv.finishes == 0) return activity;
  const auto scales =
      isa::channel_scales(conv, config_.requantizer, scratchpad.subspan(static_cast<std::size_t>(conv.scale_address)));
  const OutputRange range{static_cast<std::int32_t>(conv.output_zero_point), static_cast<std::int32_t>(conv.clamp_low),
                          static_cast<std::int32_t>(conv.clamp_high)};
  const std::int64_t limit = std::int64_t{1} << (config_.conv_core.accumulator_bits - 1);
  for (std::int64_t p = 0; p < positions; ++p) {
    const std::int64_t y = p / conv.output_width;
    const std::int64_t x = p % conv.output_width;
    std::uint8_t* out =
        scratchpad.data() + conv.output_address + y * conv.output_row_stride + x * conv.output_pixel_stride;
    for (std::int64_t c = 0; c < channels; ++c) {
      const std::int32_t acc = accumulators_[static_cast<std::size_t>(p * channels + c)];
      if (acc < -limit || acc >= limit) check_at_most(acc < 0 ? -std::int64_t{acc} : acc, limit - 1, "accumulator");
      if (observer) observer(y, x, c, acc);
      const std::int64_t scaled =
          scale_and_round(acc, scales[static_cast<std::size_t>(c)], config_.requantizer.rounding);
      activity.clamped_low += range.zero_point + scaled < range.low;
      activity.clamped_high += range.zero_point + scaled > range.high;
      out[c] = static_cast<std::uint8_t>(to_output(scaled, range));
    }
  }
  return activity;
}

}  // namespace evenshift::datapath

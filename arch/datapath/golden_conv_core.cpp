#include "arch/datapath/golden_conv_core.h"

#include <algorithm>

#include "arch/base/check.h"
#include "arch/datapath/clamp_counter.h"
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

/// The inputs of position (y, x), for every group and reduction index, [group][ky][kx][i]: what the sums of the
/// position multiply the weights with. 16 bits, like the weights, so that the compiler finds its multiply-and-add
/// instruction.
void gather(const isa::Conv& conv, std::span<const std::uint8_t> scratchpad, std::int64_t y, std::int64_t x,
            std::int16_t* inputs) {
  const std::int64_t depth = conv.inputs_per_group;
  const std::int64_t groups = conv.output_channels / conv.outputs_per_group;
  const std::int64_t reduction = isa::reduction_size(conv);
  for (std::int64_t ky = 0; ky < conv.kernel_height; ++ky) {
    const std::int64_t iy = y * conv.stride_height + ky * conv.dilation_height - conv.pad_top;
    for (std::int64_t kx = 0; kx < conv.kernel_width; ++kx, inputs += depth) {
      const std::int64_t ix = x * conv.stride_width + kx * conv.dilation_width - conv.pad_left;
      const bool inside = iy >= 0 && iy < conv.input_height && ix >= 0 && ix < conv.input_width;
      const std::uint8_t* pixel =
          inside ? scratchpad.data() + conv.input_address + iy * conv.input_row_stride + ix * conv.input_pixel_stride
                 : nullptr;
      for (std::int64_t g = 0; g < groups; ++g)
        for (std::int64_t i = 0; i < depth; ++i)
          inputs[g * reduction + i] =
              inside ? static_cast<std::int8_t>(pixel[g * depth + i]) : static_cast<std::int16_t>(conv.pad_value);
    }
  }
}

/// Σ a[i] · b[i] modulo 2^32, in parts whose sums of two bytes' products fit 32 bits.
std::uint32_t dot(const std::int16_t* a, const std::int16_t* b, std::int64_t size) {
  constexpr std::int64_t kPart = 65536;
  std::uint32_t total = 0;
  for (std::int64_t first = 0; first < size; first += kPart) {
    std::int32_t sum = 0;
    for (std::int64_t i = first; i < std::min(size, first + kPart); ++i) sum += a[i] * b[i];
    total += static_cast<std::uint32_t>(sum);
  }
  return total;
}

/// acc[y][x][c] += Σ w[c][r] · in[c / P][r], r the reduction index. Modulo 2^32: the compiler has proved that nothing
/// wraps, and an image that it did not make wraps as it does in hardware.
void accumulate(const isa::Conv& conv, std::span<const std::uint8_t> scratchpad,
                const std::vector<std::int16_t>& weights, std::vector<std::int32_t>& accumulators) {
  const std::int64_t reduction = isa::reduction_size(conv);
  std::vector<std::int16_t> inputs(static_cast<std::size_t>(conv.output_channels / conv.outputs_per_group * reduction));
  std::int32_t* acc = accumulators.data();
  for (std::int64_t y = 0; y < conv.output_height; ++y)
    for (std::int64_t x = 0; x < conv.output_width; ++x) {
      gather(conv, scratchpad, y, x, inputs.data());
      for (std::int64_t c = 0; c < conv.output_channels; ++c, ++acc)
        *acc = static_cast<std::int32_t>(
            static_cast<std::uint32_t>(*acc) +
            dot(weights.data() + c * reduction, inputs.data() + c / conv.outputs_per_group * reduction, reduction));
    }
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
  const auto codes = isa::unpack_weights(conv, config_.conv_core.mac_cols, packed);
  const std::vector<std::int16_t> weights(codes.begin(), codes.end());

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
  ClampCounter clamp({static_cast<std::int32_t>(conv.output_zero_point), static_cast<std::int32_t>(conv.clamp_low),
                      static_cast<std::int32_t>(conv.clamp_high)});
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
      out[c] = static_cast<std::uint8_t>(
          clamp(scale_and_round(acc, scales[static_cast<std::size_t>(c)], config_.requantizer.rounding)));
    }
  }
  activity.clamped_low = clamp.low();
  activity.clamped_high = clamp.high();
  return activity;
}

}  // namespace evenshift::datapath

#include "tests/rtl/random_conv.h"

#include <algorithm>
#include <cmath>

#include "arch/isa/weight_layout.h"
#include "arch/numerics/quantization.h"

namespace evenshift::rtl {
namespace {

class Generator {
 public:
  Generator(std::mt19937& random, std::int64_t size) : random_(random), size_(size) {}

  ConvCommands make() {
    draw_config();
    const isa::Conv output = draw_output();
    const int length = one_in(3) ? in(2, 3) : 1;
    for (int i = 0; i < length; ++i) {
      isa::Conv conv = output;
      conv.continues = i > 0;
      conv.finishes = i + 1 == length;
      draw_kind(conv, length > 1);
      draw_window(conv);
      place(conv);
      result_.commands.push_back(conv);
    }
    result_.config.scratchpad.size_bytes = static_cast<std::int64_t>(result_.scratchpad.size());
    return std::move(result_);
  }

 private:
  int in(std::int64_t low, std::int64_t high) {
    return static_cast<int>(low + static_cast<std::int64_t>(random_() % static_cast<std::uint32_t>(high - low + 1)));
  }
  bool one_in(int n) { return in(1, n) == 1; }

  void draw_config() {
    auto& config = result_.config;
    config.conv_core.mac_rows = size_;
    config.conv_core.mac_cols = size_;
    config.conv_core.accumulator_entries = one_in(2) ? in(1, 20) : in(20, 512);
    config.conv_core.requant_lanes = one_in(2) ? size_ : in(1, 2 * size_);
    config.conv_core.accumulator_bits = one_in(4) ? 28 : 32;
    config.conv_core.pipeline_cycles = in(6, 9);
    config.scratchpad.banks = one_in(3) ? 1 : 8;
    config.scratchpad.bytes_per_bank_per_cycle = one_in(2) ? 4 : 16;
    auto& requantizer = config.requantizer;
    requantizer.shift_bits = in(0, 5);
    requantizer.requant_scale = static_cast<RequantScale>(in(0, 3));
    requantizer.rounding =
        static_cast<RoundingMode>(in(0, requantizer.requant_scale == RequantScale::channel_shift_only ? 3 : 4));
    requantizer.multiplier_bits = requantizer.rounding == RoundingMode::tflite_double || one_in(2) ? 31 : in(8, 31);
  }

  isa::Conv draw_output() {
    isa::Conv conv;
    conv.output_channels = in(1, 3 * size_);
    conv.output_height = in(1, 7);
    conv.output_width = in(1, 9);
    conv.output_zero_point = in(-128, 127);
    conv.clamp_low = one_in(3) ? in(-128, 0) : -128;
    conv.clamp_high = one_in(3) ? in(1, 127) : 127;
    return conv;
  }

  void draw_kind(isa::Conv& conv, bool chained) {
    const int kind = in(0, chained ? 1 : 4);
    conv.outputs_per_group = conv.output_channels;
    conv.inputs_per_group = in(2, 3 * size_);
    if (kind == 1) {  // few inputs, or one
      conv.inputs_per_group = in(1, 3);
    } else if (kind == 2) {  // depthwise, with a multiplier
      conv.inputs_per_group = 1;
      conv.outputs_per_group = in(1, 3);
      conv.output_channels = conv.outputs_per_group * in(1, 2 * size_);
    } else if (kind == 3) {  // grouped
      conv.outputs_per_group = in(1, size_ + 3);
      conv.output_channels = conv.outputs_per_group * in(2, 4);
      conv.inputs_per_group = in(2, size_ + 3);
    }
    if (chained) {
      auto& entries = result_.config.conv_core.accumulator_entries;
      entries =
          std::max(entries, conv.output_height * conv.output_width * ((conv.output_channels + size_ - 1) / size_));
    }
  }

  void draw_window(isa::Conv& conv) {
    conv.kernel_height = in(1, one_in(8) ? 7 : 3);
    conv.kernel_width = in(1, one_in(8) ? 7 : 3);
    conv.stride_height = in(1, 3);
    conv.stride_width = in(1, 3);
    conv.dilation_height = one_in(3) ? in(1, 3) : 1;
    conv.dilation_width = one_in(3) ? in(1, 3) : 1;
    conv.pad_top = in(0, 3);
    conv.pad_left = in(0, 3);
    conv.pad_value = in(-128, 127);
    const auto extent = [](std::int64_t output, std::int64_t stride, std::int64_t kernel, std::int64_t dilation) {
      return (output - 1) * stride + (kernel - 1) * dilation + 1;
    };
    // Padding on the right and at the bottom as well: the input is up to 3 less than what the windows reach.
    conv.input_height = std::max<std::int64_t>(
        1, extent(conv.output_height, conv.stride_height, conv.kernel_height, conv.dilation_height) - conv.pad_top -
               in(0, 3));
    conv.input_width =
        std::max<std::int64_t>(1, extent(conv.output_width, conv.stride_width, conv.kernel_width, conv.dilation_width) -
                                      conv.pad_left - in(0, 3));
    const std::int64_t channels = conv.output_channels / conv.outputs_per_group * conv.inputs_per_group;
    conv.input_pixel_stride = channels + (one_in(3) ? in(1, 5) : 0);
    conv.input_row_stride = conv.input_width * conv.input_pixel_stride + (one_in(3) ? in(0, 9) : 0);
    conv.output_pixel_stride = conv.output_channels + (one_in(3) ? in(1, 5) : 0);
    conv.output_row_stride = conv.output_width * conv.output_pixel_stride + (one_in(3) ? in(0, 9) : 0);
    conv.weight_bits = one_in(2) ? 8 : in(2, 8);
  }

  /// Draws the contents of the command's memory and appends it to the scratchpad.
  void place(isa::Conv& conv) {
    conv.input_address = append(random_bytes(conv.input_height * conv.input_row_stride));
    std::vector<std::int8_t> weights(static_cast<std::size_t>(conv.output_channels * isa::reduction_size(conv)));
    const int limit = max_weight_code(static_cast<int>(conv.weight_bits));
    for (auto& weight : weights) weight = static_cast<std::int8_t>(in(-limit, limit));
    conv.weight_address = append(isa::pack_weights(conv, size_, weights));
    std::vector<std::uint8_t> biases = random_bytes(4 * conv.output_channels);
    for (std::size_t i = 3; i < biases.size(); i += 4) biases[i] = biases[i - 1] < 128 ? 0 : 0xff;
    conv.bias_address = append(biases);
    place_scales(conv, limit);
    conv.output_address = append(random_bytes(conv.output_height * conv.output_row_stride));
  }

  void place_scales(isa::Conv& conv, int weight_limit) {
    // Typical accumulators have 7 + weight_bits + log2(reduction) / 2 bits or those of the bias; about 7 are to be
    // left.
    const auto& requantizer = result_.config.requantizer;
    const double typical = 40.0 * weight_limit * std::sqrt(static_cast<double>(isa::reduction_size(conv))) + (1 << 21);
    const int excess = static_cast<int>(std::log2(typical)) - in(3, 9);
    const auto multiplier_bits = static_cast<int>(requantizer.multiplier_bits);
    const auto multiplier = [&] { return (1U << (multiplier_bits - 1)) + random_() % (1U << (multiplier_bits - 1)); };
    const bool with_channel_shift = requantizer.requant_scale == RequantScale::layer_with_channel_shift;
    const int most = with_channel_shift ? (1 << requantizer.shift_bits) - 1 : 0;
    conv.multiplier = multiplier();
    conv.shift = one_in(8) ? in(0, 63) : std::clamp(multiplier_bits + excess - in(0, std::min(most, 6)), 0, 63);
    std::vector<isa::ChannelScale> scales(static_cast<std::size_t>(conv.output_channels));
    for (auto& scale : scales) {
      scale.multiplier = multiplier();
      if (with_channel_shift)
        scale.shift = in(0, std::min(most, one_in(4) ? 31 : 6));
      else if (requantizer.requant_scale == RequantScale::channel_shift_only)
        scale.shift = one_in(8) ? in(0, 31) : std::clamp(excess + in(-2, 2), 0, 31);
      else
        scale.shift = one_in(8) ? in(0, 63) : std::clamp(multiplier_bits + excess + in(-2, 2), 0, 63);
    }
    conv.scale_address = append(isa::pack_scales(requantizer, scales));
  }

  std::vector<std::uint8_t> random_bytes(std::int64_t size) {
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size));
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random_());
    return bytes;
  }

  /// Behind a gap of a few bytes that no command may touch.
  std::int64_t append(const std::vector<std::uint8_t>& bytes) {
    auto& scratchpad = result_.scratchpad;
    scratchpad.resize(scratchpad.size() + static_cast<std::size_t>(in(0, 7)), 0xa5);
    const auto address = static_cast<std::int64_t>(scratchpad.size());
    scratchpad.insert(scratchpad.end(), bytes.begin(), bytes.end());
    return address;
  }

  std::mt19937& random_;
  std::int64_t size_;
  ConvCommands result_;
};

}  // namespace

ConvCommands random_conv_commands(std::mt19937& random, std::int64_t size) { return Generator(random, size).make(); }

}  // namespace evenshift::rtl

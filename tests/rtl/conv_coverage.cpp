#include "tests/rtl/conv_coverage.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "arch/isa/weight_layout.h"
#include "arch/numerics/requantize.h"

namespace evenshift::rtl {
namespace {

constexpr std::array<const char*, 3> kKinds = {"run of a kernel row", "run of a tap", "window"};
constexpr std::array<const char*, 4> kEdges = {"above", "below", "left", "right"};
constexpr std::array<const char*, 2> kSigns = {"negative", "positive"};

}  // namespace

ConvCoverage::ConvCoverage() {
  for (int shift = 0; shift <= kMaxShift; ++shift) add_counter(fmt::format("total shift {:02}", shift));
  for (const auto mode : kRoundingModeNames)
    for (const char* sign : kSigns) add_counter(fmt::format("tie, {}, {}", mode, sign));
  for (const char* kind : kKinds)
    for (const char* edge : kEdges) add_counter(fmt::format("padding {} of a {}", edge, kind));
  for (int bits = 2; bits <= 8; ++bits) add_counter(fmt::format("weights of {} bits", bits));
  for (const auto scale : kRequantScaleNames) add_counter(fmt::format("scale {}", scale));
  for (const char* name : {"n + k_c above 63",
                           "scaled-up accumulator saturates, negative",
                           "scaled-up accumulator saturates, positive",
                           "code raised by the clamp",
                           "code lowered by the clamp",
                           "code at the lower limit",
                           "code at the upper limit",
                           "groups",
                           "depth multiplier",
                           "window keeps columns",
                           "dilated window",
                           "kernel row wider than the array",
                           "several windows' rows in a pass",
                           "run of several passes",
                           "several blocks",
                           "several stripes",
                           "stripe begins inside a row",
                           "continues",
                           "does not finish",
                           "fewer lanes than channels",
                           "operands beyond the bandwidth",
                           "block that does not end at a byte"})
    add_counter(name);
}

void ConvCoverage::count_edges(const isa::Conv& conv, const std::string& kind) {
  const std::int64_t bottom =
      (conv.output_height - 1) * conv.stride_height + (conv.kernel_height - 1) * conv.dilation_height - conv.pad_top;
  const std::int64_t right =
      (conv.output_width - 1) * conv.stride_width + (conv.kernel_width - 1) * conv.dilation_width - conv.pad_left;
  count("padding above of a " + kind, conv.pad_top > 0);
  count("padding below of a " + kind, bottom >= conv.input_height);
  count("padding left of a " + kind, conv.pad_left > 0);
  count("padding right of a " + kind, right >= conv.input_width);
}

void ConvCoverage::command(const isa::Conv& conv, const NpuConfig& config) {
  const auto& core = config.conv_core;
  const bool window = conv.inputs_per_group == 1;
  const bool touching = conv.dilation_width == 1 && conv.input_pixel_stride == conv.inputs_per_group;
  const std::int64_t positions = conv.output_height * conv.output_width;
  const auto blocks = isa::column_blocks(conv, core.mac_cols);
  const std::int64_t block_bits = blocks[0].channels * isa::reduction_size(conv) * conv.weight_bits;
  count_edges(conv, window ? kKinds[2] : touching ? kKinds[0] : kKinds[1]);
  count(fmt::format("weights of {} bits", conv.weight_bits));
  count(fmt::format("scale {}", to_string(config.requantizer.requant_scale)));
  count("groups", !window && conv.outputs_per_group < conv.output_channels);
  count("depth multiplier", window && conv.outputs_per_group > 1);
  count("window keeps columns", window && conv.dilation_width == 1 && conv.stride_width < conv.kernel_width);
  count("dilated window", window && conv.dilation_width > 1 && conv.kernel_width > 1);
  count("kernel row wider than the array", window && conv.kernel_width > core.mac_rows);
  count("several windows' rows in a pass",
        window && conv.kernel_height > 1 && conv.kernel_width > 1 && 2 * conv.kernel_width <= core.mac_rows);
  count("run of several passes", !window && conv.inputs_per_group * (touching ? conv.kernel_width : 1) > core.mac_rows);
  count("several blocks", blocks.size() > 1);
  count("several stripes", positions > core.accumulator_entries);
  count("stripe begins inside a row",
        positions > core.accumulator_entries && core.accumulator_entries % conv.output_width != 0);
  count("continues", conv.continues != 0);
  count("does not finish", conv.finishes == 0);
  count("fewer lanes than channels", core.requant_lanes < blocks[0].channels);
  count("operands beyond the bandwidth",
        !window && config.scratchpad.banks * config.scratchpad.bytes_per_bank_per_cycle <
                       std::min(core.mac_rows, conv.inputs_per_group));
  count("block that does not end at a byte", blocks.size() > 1 && block_bits % 8 != 0);
}

void ConvCoverage::accumulator(std::int32_t accumulator, const isa::Conv& conv, FixedPointScale scale,
                               const NpuConfig::Requantizer& requantizer) {
  const RoundingMode mode = requantizer.rounding;
  const std::string sign = kSigns[accumulator >= 0 ? 1 : 0];
  count(fmt::format("total shift {:02}", scale.shift));
  // Saturated sums alone can be 63 above the layer's own shift; a sum of exactly 63 is not told apart.
  count("n + k_c above 63", requantizer.requant_scale == RequantScale::layer_with_channel_shift &&
                                scale.shift == kMaxShift && conv.shift < kMaxShift);
  std::int64_t value = std::int64_t{accumulator} * scale.multiplier;
  int shift = scale.shift;
  if (mode == RoundingMode::tflite_double) {
    const std::int64_t scaled_up =
        shift < 31 ? std::int64_t{accumulator} * (std::int64_t{1} << (31 - shift)) : accumulator;
    count("scaled-up accumulator saturates, " + sign, scaled_up != static_cast<std::int32_t>(scaled_up));
    value = scale_and_round(accumulator, {scale.multiplier, std::min(shift, 31)}, mode);
    shift = std::max(0, shift - 31);
  }
  count(fmt::format("tie, {}, {}", to_string(mode), sign), is_tie(value, shift));
  const std::int64_t code = conv.output_zero_point + scale_and_round(accumulator, scale, mode);
  count("code raised by the clamp", code < conv.clamp_low);
  count("code lowered by the clamp", code > conv.clamp_high);
  count("code at the lower limit", code == conv.clamp_low);
  count("code at the upper limit", code == conv.clamp_high);
}

}  // namespace evenshift::rtl

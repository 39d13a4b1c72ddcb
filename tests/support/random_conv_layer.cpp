#include <algorithm>
#include <bit>
#include <cmath>
#include <set>

#include "arch/isa/weight_layout.h"
#include "tests/support/random_layers.h"

namespace evenshift::support {

/// Consecutive rows, columns or channels.
struct RandomLayers::Span {
  std::int64_t first = 0, size = 1;
};

/// One layer: `whole` has its geometry and fields, addresses left open.
struct RandomLayers::ConvShape {
  isa::Conv whole;
  std::int64_t input = 0, output = 0;  ///< tensors
  std::int64_t weight_tensor = -1;     ///< where the weights come from data
  std::vector<std::int8_t> weights;    ///< [output channel][ky][kx][i]
  std::vector<std::int32_t> biases;
  std::vector<isa::ChannelScale> scales;
};

namespace {

std::int64_t divisor_of(std::int64_t value, RandomSource& random) {
  std::vector<std::int64_t> divisors;
  for (std::int64_t d = 1; d <= value; ++d)
    if (value % d == 0) divisors.push_back(d);
  return random.of(divisors);
}

/// Kernel, stride, dilation and padding along one axis, such that every window meets the input.
struct Axis {
  std::int64_t kernel = 1, stride = 1, dilation = 1, pad = 0, output = 1;
};
Axis random_axis(std::int64_t size, std::int64_t max_kernel, RandomSource& random) {
  Axis axis;
  axis.kernel = random.one_in(3) ? 1 : random.in(1, max_kernel);
  axis.stride = random.one_in(2) ? 1 : random.in(1, 3);
  axis.dilation = random.one_in(4) ? random.in(2, 3) : 1;
  std::int64_t extent = (axis.kernel - 1) * axis.dilation + 1;
  axis.pad = random.one_in(3) ? 0 : random.in(0, extent - 1);
  const std::int64_t pad_after = random.one_in(3) ? 0 : random.in(0, extent - 1);
  if (size + axis.pad + pad_after < extent) {
    axis.kernel = axis.dilation = extent = 1;
    axis.pad = 0;
    axis.output = (size - 1) / axis.stride + 1;
  } else {
    axis.output = (size + axis.pad + pad_after - extent) / axis.stride + 1;
  }
  return axis;
}

}  // namespace

void RandomLayers::draw_geometry(ConvShape& shape, const image::Tensor& input) {
  auto& conv = shape.whole;
  const Axis vertical = random_axis(input.height, options_.max_kernel, random_);
  const Axis horizontal = random_axis(input.width, options_.max_kernel, random_);
  conv.kernel_height = vertical.kernel, conv.kernel_width = horizontal.kernel;
  conv.stride_height = vertical.stride, conv.stride_width = horizontal.stride;
  conv.dilation_height = vertical.dilation, conv.dilation_width = horizontal.dilation;
  conv.pad_top = vertical.pad, conv.pad_left = horizontal.pad;
  conv.input_height = input.height, conv.input_width = input.width;
  conv.output_height = vertical.output, conv.output_width = horizontal.output;
  if (random_.one_in(6) && input.height * input.width <= 9) {  // dense: the whole tensor in one window
    conv.kernel_height = input.height, conv.kernel_width = input.width;
    conv.pad_top = conv.pad_left = 0;
    conv.dilation_height = conv.dilation_width = conv.output_height = conv.output_width = 1;
  }
  const std::int64_t channels = input.channels;
  const std::int64_t kind = random_.in(0, 4);  // half of the layers regular, the others grouped or depthwise
  const std::int64_t groups = kind <= 2 ? 1 : kind == 3 ? divisor_of(channels, random_) : channels;
  conv.inputs_per_group = channels / groups;
  const std::int64_t most_outputs = std::max<std::int64_t>(1, options_.max_channels / groups);
  conv.outputs_per_group = groups > 1 && random_.one_in(2) ? 1 : random_.in(1, most_outputs);
  conv.output_channels = groups * conv.outputs_per_group;
  conv.weight_bits = random_.one_in(2) ? 8 : random_.in(2, 8);
  conv.pad_value = input.quant.zero_point;
}

/// Weights and biases with |bias| + 128 Σ|w| within the accumulator, so that partial sums fit too.
void RandomLayers::draw_values(ConvShape& shape) {
  const auto& conv = shape.whole;
  const std::int64_t reduction = isa::reduction_size(conv);
  const std::int64_t limit = (std::int64_t{1} << (builder_.config().conv_core.accumulator_bits - 1)) - 1;
  const std::int64_t most = max_weight_code(static_cast<int>(conv.weight_bits));
  const std::int64_t sparsity = random_.one_in(4) ? 3 : 1000000;
  for (std::int64_t c = 0; c < conv.output_channels; ++c) {
    std::int64_t magnitude = 0;
    for (std::int64_t r = 0; r < reduction; ++r) {
      std::int64_t weight = random_.one_in(sparsity) ? 0 : random_.one_in(8) ? most : random_.in(-most, most);
      if ((magnitude + std::abs(weight)) * 128 > limit) weight = 0;
      magnitude += std::abs(weight);
      shape.weights.push_back(static_cast<std::int8_t>(weight));
    }
    if (shape.weight_tensor >= 0) magnitude = 128 * reduction;
    const std::int64_t room = limit - 128 * magnitude;
    const std::int64_t most_bias = random_.one_in(5) ? room : std::min(room, 4 * magnitude + 10);
    shape.biases.push_back(static_cast<std::int32_t>(random_.in(-most_bias, most_bias)));
  }
}

/// Scales that bring a typical accumulator to a few tens of codes, and now and then any scale at all.
void RandomLayers::draw_scales(ConvShape& shape) {
  auto& conv = shape.whole;
  const auto& requantizer = builder_.config().requantizer;
  const auto bits = requantizer.multiplier_bits;
  const auto random_multiplier = [&] {
    return random_.in(std::int64_t{1} << (bits - 1), (std::int64_t{1} << bits) - 1);
  };
  const double spread = std::sqrt(static_cast<double>(isa::reduction_size(conv))) * 40 *
                        max_weight_code(static_cast<int>(conv.weight_bits));
  const auto typical = std::max<std::int64_t>(0, std::ilogb(spread / 60 + 1) + random_.in(-2, 2));
  const std::int64_t most_channel_shift = (std::int64_t{1} << requantizer.shift_bits) - 1;
  conv.multiplier = random_multiplier();
  conv.shift = random_.one_in(10) ? random_.in(0, kMaxShift - most_channel_shift)
                                  : std::min(bits + typical, kMaxShift - most_channel_shift);
  for (std::int64_t c = 0; c < conv.output_channels; ++c) {
    isa::ChannelScale scale;
    switch (requantizer.requant_scale) {
      case RequantScale::layer:
        break;
      case RequantScale::layer_with_channel_shift:
        scale.shift =
            static_cast<std::int32_t>(random_.in(0, random_.one_in(2) ? most_channel_shift : most_channel_shift / 4));
        break;
      case RequantScale::channel_shift_only:
        scale.shift =
            static_cast<std::int32_t>(random_.one_in(10) ? random_.in(0, 31) : std::min<std::int64_t>(31, typical));
        break;
      case RequantScale::channel_multiplier:
        scale.multiplier = static_cast<std::uint32_t>(random_multiplier());
        scale.shift = static_cast<std::int32_t>(
            random_.one_in(10) ? random_.in(0, kMaxShift)
                               : std::min<std::int64_t>(kMaxShift, bits + typical + random_.in(0, 3)));
        break;
    }
    shape.scales.push_back(scale);
  }
  draw_clamp(conv.clamp_low, conv.clamp_high, conv.output_zero_point);
}

/// [0, size) cut at random multiples of `multiple`: the cuts, 0 and size among them.
std::vector<std::int64_t> RandomLayers::cuts(std::int64_t size, std::int64_t multiple) {
  std::set<std::int64_t> at = {0, size};
  if (random_.one_in(3))
    for (std::int64_t i = random_.in(1, 2); i > 0; --i) at.insert(random_.in(0, size / multiple) * multiple);
  return {at.begin(), at.end()};
}

std::int64_t RandomLayers::add_conv(std::int64_t input) {
  ConvShape shape;
  shape.input = input;
  draw_geometry(shape, builder_.tensor(input));
  auto& conv = shape.whole;
  if (options_.weights_from_data && random_.one_in(2)) {
    const auto& source = builder_.tensor(0);
    if (isa::packed_weight_bytes(conv, builder_.config().conv_core.mac_cols) <= source.width * source.channels &&
        isa::reduction_size(conv) * 128 * 128 < (1 << 20))
      shape.weight_tensor = 0;
  }
  draw_values(shape);
  draw_scales(shape);
  std::vector<std::int64_t> inputs = {input};
  if (shape.weight_tensor >= 0) inputs.push_back(shape.weight_tensor);
  builder_.begin_layer(conv.inputs_per_group == 1 ? "depthwise_conv" : "conv", inputs,
                       conv.output_height * conv.output_width * conv.output_channels * isa::reduction_size(conv));
  shape.output = new_output(conv.output_height, conv.output_width, conv.output_channels);
  const auto rows = cuts(conv.output_height, 1);
  const auto columns = cuts(conv.output_width, 1);
  const auto channels =
      shape.weight_tensor >= 0
          ? std::vector<std::int64_t>{0, conv.output_channels}
          : cuts(conv.output_channels, conv.outputs_per_group > 1 && conv.output_channels != conv.outputs_per_group
                                           ? conv.outputs_per_group
                                           : 1);
  for (std::size_t y = 1; y < rows.size(); ++y)
    for (std::size_t x = 1; x < columns.size(); ++x)
      for (std::size_t c = 1; c < channels.size(); ++c)
        emit_conv_tile(shape, {rows[y - 1], rows[y] - rows[y - 1]}, {columns[x - 1], columns[x] - columns[x - 1]},
                       {channels[c - 1], channels[c] - channels[c - 1]});
  return shape.output;
}

void RandomLayers::emit_conv_tile(const ConvShape& shape, Span rows, Span columns, Span channels) {
  used_ = random_.in(0, 20);
  isa::Conv conv = shape.whole;
  const auto clip = [](Span out, std::int64_t kernel, std::int64_t stride, std::int64_t dilation, std::int64_t pad,
                       std::int64_t size) {
    const std::int64_t first = out.first * stride - pad;
    const std::int64_t end = first + (out.size - 1) * stride + (kernel - 1) * dilation + 1;
    return Span{std::max<std::int64_t>(0, first), std::min(size, end) - std::max<std::int64_t>(0, first)};
  };
  const Span input_rows =
      clip(rows, conv.kernel_height, conv.stride_height, conv.dilation_height, conv.pad_top, conv.input_height);
  const Span input_columns =
      clip(columns, conv.kernel_width, conv.stride_width, conv.dilation_width, conv.pad_left, conv.input_width);
  const bool regular = conv.output_channels == conv.outputs_per_group;
  const std::int64_t first_input = regular ? 0 : channels.first / conv.outputs_per_group * conv.inputs_per_group;
  const std::int64_t input_channels =
      regular ? conv.inputs_per_group : channels.size / conv.outputs_per_group * conv.inputs_per_group;
  if (regular) conv.outputs_per_group = channels.size;
  conv.output_channels = channels.size;
  conv.pad_top = std::max<std::int64_t>(0, conv.pad_top - rows.first * conv.stride_height);
  conv.pad_left = std::max<std::int64_t>(0, conv.pad_left - columns.first * conv.stride_width);
  conv.input_height = input_rows.size, conv.input_width = input_columns.size;
  conv.output_height = rows.size, conv.output_width = columns.size;
  conv.input_pixel_stride = input_channels + (random_.one_in(3) ? random_.in(1, 7) : 0);
  conv.input_row_stride = conv.input_width * conv.input_pixel_stride + (random_.one_in(3) ? random_.in(1, 7) : 0);
  conv.output_pixel_stride = conv.output_channels + (random_.one_in(3) ? random_.in(1, 7) : 0);
  conv.output_row_stride = conv.output_width * conv.output_pixel_stride + (random_.one_in(3) ? random_.in(1, 7) : 0);
  conv.input_address = allocate(conv.input_height * conv.input_row_stride);
  conv.output_address = allocate(conv.output_height * conv.output_row_stride);
  builder_.load_tile(shape.input,
                     {input_rows.first, input_columns.first, first_input, conv.input_height, conv.input_width,
                      input_channels, conv.input_address, conv.input_row_stride, conv.input_pixel_stride});
  emit_conv_parts(shape, conv, channels, input_channels);
  builder_.store_tile(shape.output,
                      {rows.first, columns.first, channels.first, conv.output_height, conv.output_width, channels.size,
                       conv.output_address, conv.output_row_stride, conv.output_pixel_stride});
}

/// The commands of one output tile: one, or several that continue over parts of the input channels.
void RandomLayers::emit_conv_parts(const ConvShape& shape, isa::Conv conv, Span channels, std::int64_t input_channels) {
  const auto& config = builder_.config();
  const std::int64_t entries = conv.output_height * conv.output_width *
                               ((conv.output_channels + config.conv_core.mac_cols - 1) / config.conv_core.mac_cols);
  const bool may_split = conv.output_channels == conv.outputs_per_group && input_channels > 1 &&
                         shape.weight_tensor < 0 && entries <= config.conv_core.accumulator_entries;
  const auto parts = may_split ? cuts(input_channels, 1) : std::vector<std::int64_t>{0, input_channels};
  const auto load_constants = [&](Region region, std::span<const std::uint8_t> bytes) {
    const std::int64_t address = allocate(static_cast<std::int64_t>(bytes.size()));
    if (!bytes.empty())
      builder_.load_constant(region, builder_.add_constant(region, bytes), static_cast<std::int64_t>(bytes.size()),
                             address);
    return address;
  };
  std::vector<std::uint8_t> bias_bytes;
  for (std::int64_t c = 0; c < channels.size; ++c)
    for (int i = 0; i < 4; ++i)
      bias_bytes.push_back(static_cast<std::uint8_t>(
          static_cast<std::uint32_t>(shape.biases[static_cast<std::size_t>(channels.first + c)]) >> (8 * i)));
  const std::span<const isa::ChannelScale> all_scales = shape.scales;
  conv.bias_address = load_constants(Region::biases, bias_bytes);
  conv.scale_address =
      load_constants(Region::scales,
                     isa::pack_scales(config.requantizer, all_scales.subspan(static_cast<std::size_t>(channels.first),
                                                                             static_cast<std::size_t>(channels.size))));
  const std::int64_t input_address = conv.input_address;
  const std::int64_t depth = shape.whole.inputs_per_group;
  const std::int64_t taps = conv.kernel_height * conv.kernel_width;
  for (std::size_t p = 1; p < parts.size(); ++p) {
    const bool whole = parts.size() == 2;
    const std::int64_t first = whole ? 0 : parts[p - 1];
    if (!whole) conv.inputs_per_group = parts[p] - parts[p - 1];
    conv.input_address = input_address + first;
    conv.continues = p > 1;
    conv.finishes = p + 1 == parts.size();
    std::vector<std::int8_t> weights;
    for (std::int64_t c = channels.first; c < channels.first + channels.size; ++c)
      for (std::int64_t tap = 0; tap < taps; ++tap)
        for (std::int64_t i = first; i < first + conv.inputs_per_group; ++i)
          weights.push_back(shape.weights[static_cast<std::size_t>((c * taps + tap) * depth + i)]);
    if (shape.weight_tensor >= 0) {
      const std::int64_t size = isa::packed_weight_bytes(conv, config.conv_core.mac_cols);
      conv.weight_address = allocate(size);
      // The first row of the tensor serves as one run of bytes.
      isa::Load load;
      load.dram_address = builder_.tensor(shape.weight_tensor).dram_address;
      load.scratchpad_address = conv.weight_address;
      load.row_bytes = size;
      builder_.emit(load);
    } else {
      conv.weight_address =
          load_constants(Region::weights, isa::pack_weights(conv, config.conv_core.mac_cols, weights));
    }
    builder_.emit(conv);
  }
}

}  // namespace evenshift::support

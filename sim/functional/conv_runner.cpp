#include "sim/functional/conv_runner.h"

#include <algorithm>
#include <cstring>

#include "arch/base/check.h"

namespace evenshift::sim {
namespace {

/// Larger tiles (padding and dilation can make any) are not built; each window is built by itself.
constexpr std::int64_t kMaxTileElements = 1 << 24;

std::int64_t tile_rows(const isa::Conv& conv) {
  return (conv.output_height - 1) * conv.stride_height + (conv.kernel_height - 1) * conv.dilation_height + 1;
}
std::int64_t tile_columns(const isa::Conv& conv) {
  return (conv.output_width - 1) * conv.stride_width + (conv.kernel_width - 1) * conv.dilation_width + 1;
}
std::int64_t input_channels(const isa::Conv& conv) {
  return conv.output_channels / conv.outputs_per_group * conv.inputs_per_group;
}

/// Whether windows reach out of the input tile.
bool is_padded(const isa::Conv& conv) {
  return conv.pad_top > 0 || conv.pad_left > 0 || tile_rows(conv) > conv.input_height ||
         tile_columns(conv) > conv.input_width;
}

void grow(auto& buffer, std::int64_t size) {
  if (static_cast<std::int64_t>(buffer.size()) < size) buffer.resize(static_cast<std::size_t>(size));
}

}  // namespace

void ConvRunner::fill(std::uint8_t* elements, std::int64_t count, std::int8_t code, const Elements& form) const {
  const std::int32_t value = code + form.offset;
  if (kernels_.element_bytes == 1) {
    std::memset(elements, value, static_cast<std::size_t>(count));
  } else {
    const auto element = static_cast<std::int16_t>(value);
    for (std::int64_t i = 0; i < count; ++i) std::memcpy(elements + 2 * i, &element, 2);
  }
}

/// Each channel `repeats` times.
void ConvRunner::copy_pixels(std::uint8_t* elements, const std::uint8_t* codes, std::int64_t pixels,
                             std::int64_t pixel_stride, std::int64_t channels, std::int64_t repeats,
                             const Elements& form) {
  if (repeats == 1 && pixel_stride == channels) {
    form.widen(elements, codes, pixels * channels);
    return;
  }
  const std::int64_t pixel_bytes = channels * repeats * kernels_.element_bytes;
  for (std::int64_t x = 0; x < pixels; ++x, elements += pixel_bytes, codes += pixel_stride) {
    if (repeats == 1) {
      form.widen(elements, codes, channels);
      continue;
    }
    grow(codes_, channels * repeats);
    std::uint8_t* to = codes_.data();
    for (std::int64_t c = 0; c < channels; ++c, to += repeats)
      std::memset(to, codes[c], static_cast<std::size_t>(repeats));
    form.widen(elements, codes_.data(), channels * repeats);
  }
}

/// Whether the kernels may read the codes where they are: as elements they are the same bytes, no padding is needed,
/// and outputs written early cannot change them.
bool ConvRunner::reads_in_place(const isa::Conv& conv, const PackedConv& packed, const Tiles& tiles) const {
  if (packed.depthwise || kernels_.element_bytes != 1 || kernels_.gemm_elements.offset != 0 || is_padded(conv))
    return false;
  const TileSize input{conv.input_height, conv.input_width, input_channels(conv)};
  const TileSize output{conv.output_height, conv.output_width, conv.output_channels};
  if (packed.row_runs && conv.kernel_width > 1 && tiles.input.pixel_stride != input.channels) return false;
  return tiles.input_memory != tiles.output_memory || end_of(tiles.input, input) <= tiles.output.address ||
         end_of(tiles.output, output) <= tiles.input.address;
}

ConvRunner::Windows ConvRunner::windows_in_place(const isa::Conv& conv, const Tiles& tiles) const {
  Windows windows;
  windows.tile = tiles.input_memory + tiles.input.address;
  windows.height = conv.output_height;
  windows.width = conv.output_width;
  windows.columns = tile_columns(conv);
  windows.pixel_bytes = tiles.input.pixel_stride;
  windows.tap_bytes = conv.dilation_width * tiles.input.pixel_stride;
  windows.pixel_step = conv.stride_width * tiles.input.pixel_stride;
  windows.tap_row_bytes = conv.dilation_height * tiles.input.row_stride;
  windows.row_step = conv.stride_height * tiles.input.row_stride;
  return windows;
}

ConvRunner::Windows ConvRunner::build_tile(const isa::Conv& conv, bool depthwise, const Tiles& tiles) {
  const std::int64_t channels = input_channels(conv);
  const std::int64_t copies = depthwise ? conv.outputs_per_group : 1;
  const Elements& form = depthwise ? kernels_.depthwise_elements : kernels_.gemm_elements;
  const std::int64_t rows = tile_rows(conv);
  const std::int64_t columns = tile_columns(conv);
  Windows windows;
  windows.height = conv.output_height;
  windows.width = conv.output_width;
  windows.columns = columns;
  windows.pixel_bytes = channels * copies * kernels_.element_bytes;
  windows.tap_bytes = conv.dilation_width * windows.pixel_bytes;
  windows.pixel_step = conv.stride_width * windows.pixel_bytes;
  const std::int64_t row_bytes = columns * windows.pixel_bytes;
  windows.tap_row_bytes = conv.dilation_height * row_bytes;
  windows.row_step = conv.stride_height * row_bytes;
  grow(tile_, rows * row_bytes + kReadAhead);
  windows.tile = tile_.data();

  const std::uint8_t* input = tiles.input_memory + tiles.input.address;
  const auto pad = static_cast<std::int8_t>(conv.pad_value);
  const std::int64_t left = std::min(conv.pad_left, columns);
  const std::int64_t inside = std::min(columns - left, conv.input_width);
  if (!is_padded(conv) && copies == 1 && tiles.input.pixel_stride == channels &&
      tiles.input.row_stride == columns * channels) {
    form.widen(tile_.data(), input, rows * columns * channels);
    return windows;
  }
  const std::int64_t elements = channels * copies;
  std::uint8_t* to = tile_.data();
  for (std::int64_t row = 0; row < rows; ++row, to += row_bytes) {
    const std::int64_t y = row - conv.pad_top;
    if (y < 0 || y >= conv.input_height) {
      fill(to, columns * elements, pad, form);
      continue;
    }
    fill(to, left * elements, pad, form);
    copy_pixels(to + left * windows.pixel_bytes, input + y * tiles.input.row_stride, inside, tiles.input.pixel_stride,
                channels, copies, form);
    fill(to + (left + inside) * windows.pixel_bytes, (columns - left - inside) * elements, pad, form);
  }
  return windows;
}

ConvRunner::Windows ConvRunner::build_window(const isa::Conv& conv, bool depthwise, const Tiles& tiles, std::int64_t y,
                                             std::int64_t x) {
  const std::int64_t channels = input_channels(conv);
  const std::int64_t copies = depthwise ? conv.outputs_per_group : 1;
  const Elements& form = depthwise ? kernels_.depthwise_elements : kernels_.gemm_elements;
  Windows windows;
  windows.columns = conv.kernel_width;
  windows.pixel_bytes = windows.tap_bytes = channels * copies * kernels_.element_bytes;
  windows.tap_row_bytes = conv.kernel_width * windows.pixel_bytes;
  grow(tile_, conv.kernel_height * windows.tap_row_bytes + kReadAhead);
  windows.tile = tile_.data();
  std::uint8_t* to = tile_.data();
  for (std::int64_t ky = 0; ky < conv.kernel_height; ++ky) {
    const std::int64_t iy = y * conv.stride_height + ky * conv.dilation_height - conv.pad_top;
    for (std::int64_t kx = 0; kx < conv.kernel_width; ++kx, to += windows.pixel_bytes) {
      const std::int64_t ix = x * conv.stride_width + kx * conv.dilation_width - conv.pad_left;
      if (iy >= 0 && iy < conv.input_height && ix >= 0 && ix < conv.input_width)
        copy_pixels(
            to, tiles.input_memory + tiles.input.address + iy * tiles.input.row_stride + ix * tiles.input.pixel_stride,
            1, tiles.input.pixel_stride, channels, copies, form);
      else
        fill(to, channels * copies, static_cast<std::int8_t>(conv.pad_value), form);
    }
  }
  return windows;
}

void ConvRunner::multiply(const isa::Conv& conv, const PackedConv& packed, const Windows& windows, BlockOutput output,
                          const std::int32_t* initial, std::int64_t initial_stride) {
  const auto block_output = [&](const ConvBlock& block) {
    BlockOutput of_block = output;
    of_block.channels = block.channels;
    if (output.fused) {
      of_block.codes += block.first_channel;
      of_block.scales = {packed.multipliers.data() + block.first_position, packed.addends.data() + block.first_position,
                         packed.shifts.data() + block.first_position,
                         packed.pre_shifts.empty() ? nullptr : packed.pre_shifts.data() + block.first_position};
    } else {
      of_block.accumulators += block.first_position;
    }
    return of_block;
  };

  if (packed.depthwise) {
    DepthwiseTask task;
    task.height = windows.height;
    task.width = windows.width;
    task.kernel_height = conv.kernel_height;
    task.kernel_width = conv.kernel_width;
    task.stride_width = windows.pixel_step / windows.pixel_bytes;
    task.dilation_width = windows.tap_bytes / windows.pixel_bytes;
    task.tile_width = windows.columns;
    task.row_step = windows.row_step;
    task.tap_row_bytes = windows.tap_row_bytes;
    task.pixel_bytes = windows.pixel_bytes;
    const std::int64_t block_units = kernels_.depthwise_vectors * kernels_.lanes;
    grow(workspace_, windows.columns * packed.run_units * block_units);
    task.workspace = workspace_.data();
    for (const ConvBlock& block : packed.blocks) {
      task.tile = windows.tile + block.first_channel * kernels_.element_bytes;
      task.weights = packed.weight_units.data() + block.first_weight_unit;
      task.initial = initial + block.first_position;
      task.output = block_output(block);
      kernels_.depthwise(task);
    }
    return;
  }

  run_offsets_.clear();
  for (std::int64_t ky = 0; ky < conv.kernel_height; ++ky)
    for (std::int64_t kx = 0; kx < (packed.row_runs ? 1 : conv.kernel_width); ++kx)
      run_offsets_.push_back(ky * windows.tap_row_bytes + kx * windows.tap_bytes);
  GemmTask task;
  task.height = windows.height;
  task.width = windows.width;
  task.row_step = windows.row_step;
  task.pixel_step = windows.pixel_step;
  if (windows.row_step == windows.width * windows.pixel_step &&
      output.row_stride == windows.width * output.pixel_stride) {
    task.width *= task.height;  // pixels of all rows are equally far apart
    task.height = 1;
  }
  task.run_offsets = run_offsets_.data();
  task.runs = packed.runs;
  task.run_units = packed.run_units;
  task.initial_stride = initial_stride;
  for (const ConvBlock& block : packed.blocks) {
    task.tile = windows.tile + block.group * conv.inputs_per_group * kernels_.element_bytes;
    task.weights = packed.weight_units.data() + block.first_weight_unit;
    task.vectors = block.vectors;
    task.initial = initial + block.first_position;
    task.output = block_output(block);
    kernels_.gemm(task);
  }
}

void ConvRunner::requantize(const isa::Conv& conv, const PackedConv& packed, const Tiles& tiles,
                            const datapath::AccumulatorObserver& observer) {
  const std::int64_t channels = conv.output_channels;
  const std::int64_t limit = std::int64_t{1} << (accumulator_bits_ - 1);
  const OutputRange range{static_cast<std::int32_t>(conv.output_zero_point), static_cast<std::int32_t>(conv.clamp_low),
                          static_cast<std::int32_t>(conv.clamp_high)};
  std::vector<std::int32_t> in_order(static_cast<std::size_t>(channels));
  const std::int32_t* acc = accumulators_.data();
  for (std::int64_t y = 0; y < conv.output_height; ++y) {
    for (std::int64_t x = 0; x < conv.output_width; ++x, acc += packed.positions) {
      for (std::size_t c = 0; c < in_order.size(); ++c) {
        in_order[c] = acc[packed.position_of_channel[c]];
        if (in_order[c] < -limit || in_order[c] >= limit)
          check_at_most(in_order[c] < 0 ? -std::int64_t{in_order[c]} : in_order[c], limit - 1, "accumulator");
        if (observer) observer(y, x, static_cast<std::int64_t>(c), in_order[c]);
      }
      kernels_.requantize(
          tiles.output_memory + tiles.output.address + y * tiles.output.row_stride + x * tiles.output.pixel_stride,
          in_order.data(), packed.scales.data(), channels, range, rounding_);
    }
  }
}

void ConvRunner::run(const isa::Conv& conv, const PackedConv& packed, bool keeps, const Tiles& tiles,
                     const datapath::AccumulatorObserver& observer) {
  const std::int64_t pixels = conv.output_height * conv.output_width;
  BlockOutput output;
  output.fused = conv.finishes != 0 && !keeps && !packed.multipliers.empty() && !observer &&
                 (packed.fits || accumulator_bits_ == 32);
  output.low = static_cast<std::int8_t>(conv.clamp_low);
  output.high = static_cast<std::int8_t>(conv.clamp_high);
  output.codes = tiles.output_memory + tiles.output.address;
  output.row_stride = tiles.output.row_stride;
  output.pixel_stride = tiles.output.pixel_stride;
  output.accumulator_stride = packed.positions;
  const std::int32_t* initial = packed.initial.data();
  std::int64_t initial_stride = 0;
  if (conv.continues != 0) {
    check_equal(static_cast<std::int64_t>(accumulators_.size()), pixels * packed.positions,
                "accumulators of a conv that continues");
    for (std::int64_t p = 0; p < pixels; ++p)
      for (std::int64_t i = 0; i < packed.positions; ++i) {
        auto& acc = accumulators_[static_cast<std::size_t>(p * packed.positions + i)];
        acc = static_cast<std::int32_t>(static_cast<std::uint32_t>(acc) +
                                        static_cast<std::uint32_t>(packed.initial[static_cast<std::size_t>(i)]));
      }
    initial = accumulators_.data();
    initial_stride = packed.positions;
  } else if (!output.fused) {
    accumulators_.resize(static_cast<std::size_t>(pixels * packed.positions));
  }
  if (accumulators_.empty()) accumulators_.resize(1);
  output.accumulators = accumulators_.data();

  const std::int64_t copies = packed.depthwise ? conv.outputs_per_group : 1;
  if (reads_in_place(conv, packed, tiles)) {
    multiply(conv, packed, windows_in_place(conv, tiles), output, initial, initial_stride);
  } else if (tile_rows(conv) * tile_columns(conv) <= kMaxTileElements / (input_channels(conv) * copies)) {
    multiply(conv, packed, build_tile(conv, packed.depthwise, tiles), output, initial, initial_stride);
  } else {
    // Outputs may overwrite the input: codes wait until every window has been read.
    output.fused = false;
    accumulators_.resize(static_cast<std::size_t>(pixels * packed.positions));
    if (initial_stride != 0) initial = accumulators_.data();
    for (std::int64_t p = 0; p < pixels; ++p) {
      output.accumulators = accumulators_.data() + p * packed.positions;
      multiply(conv, packed, build_window(conv, packed.depthwise, tiles, p / conv.output_width, p % conv.output_width),
               output, initial + p * initial_stride, 0);
    }
  }
  if (conv.finishes != 0 && !output.fused) requantize(conv, packed, tiles, observer);
}

}  // namespace evenshift::sim

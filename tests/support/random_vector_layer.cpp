#include <algorithm>

#include "tests/support/random_layers.h"

namespace evenshift::support {

QuantParams RandomLayers::random_quant() {
  QuantParams quant;
  quant.bits = random_.one_in(4) ? static_cast<int>(random_.in(4, 7)) : 8;
  quant.scale = 0.0625;
  quant.zero_point = static_cast<std::int32_t>(random_.in(quant.min_code(), quant.max_code()));
  return quant;
}

std::int64_t RandomLayers::allocate(std::int64_t bytes) {
  const std::int64_t address = used_ + (random_.one_in(2) ? random_.in(0, 9) : 0);
  used_ = address + bytes;
  return address;
}

std::int64_t RandomLayers::new_output(std::int64_t height, std::int64_t width, std::int64_t channels) {
  return builder_.add_tensor(height, width, channels, random_quant(), random_.one_in(4) ? random_.in(1, 5) : 0,
                             random_.one_in(4) ? random_.in(1, 9) : 0);
}

Tile RandomLayers::whole(std::int64_t tensor, std::int64_t address) const {
  const auto& t = builder_.tensor(tensor);
  return {0, 0, 0, t.height, t.width, t.channels, address, t.width * t.channels, t.channels};
}

std::int64_t RandomLayers::load_whole(std::int64_t tensor) {
  const std::int64_t address = allocate(builder_.tensor(tensor).elements());
  builder_.load_tile(tensor, whole(tensor, address));
  return address;
}

void RandomLayers::draw_clamp(std::int64_t& low, std::int64_t& high, std::int64_t& zero_point) {
  zero_point = random_.one_in(4) ? random_.in(-128, 127) : random_.in(-30, 30);
  if (!random_.one_in(3)) return;
  low = random_.in(-128, 127);
  high = random_.in(low, 127);
}

std::int64_t RandomLayers::load_table(const std::vector<std::int32_t>& values) {
  std::vector<std::uint8_t> bytes;
  for (const auto value : values)
    for (int i = 0; i < 4; ++i)
      bytes.push_back(static_cast<std::uint8_t>(static_cast<std::uint32_t>(value) >> (8 * i)));
  const auto size = static_cast<std::int64_t>(bytes.size());
  const std::int64_t address = allocate(size);
  builder_.load_constant(Region::tables, builder_.add_constant(Region::tables, bytes), size, address);
  return address;
}

std::int64_t RandomLayers::add_vector(std::int64_t input) {
  used_ = random_.in(0, 20);
  switch (random_.in(0, 6)) {
    case 0:
    case 1:
      return add_elementwise(input);
    case 2:
    case 3:
      return add_pool(input);
    case 4:
      return random_.one_in(2) || builder_.tensor(input).channels > options_.max_channels ? add_gather(input)
                                                                                          : add_concat(input);
    case 5:
      return add_fill(input);
    default:
      return add_map(input);
  }
}

/// Add or multiply, with itself or with one vector of channels, in place or not.
std::int64_t RandomLayers::add_elementwise(std::int64_t input) {
  const auto in = builder_.tensor(input);
  const std::int64_t elements = in.elements();
  const std::int64_t channels = in.channels;
  const bool adds = random_.one_in(2);
  builder_.begin_layer(adds ? "add" : "multiply", {input});
  const std::int64_t output = new_output(in.height, in.width, in.channels);
  isa::Add add;
  add.a_address = load_whole(input);
  add.elements = elements;
  add.b_period = random_.one_in(2) ? elements : channels;
  if (random_.one_in(3)) {
    add.b_address = add.a_address;
  } else {
    const Tile second{0, 0, 0, 1, 1, channels, allocate(elements), 0, channels};
    add.b_address = second.scratchpad_address;
    if (add.b_period == elements)
      builder_.load_tile(input, whole(input, add.b_address));
    else
      builder_.load_tile(input, second);
  }
  const bool repeats_a = add.b_address == add.a_address && add.b_period != elements;
  add.output_address = random_.one_in(3) && !repeats_a ? add.a_address : allocate(elements);
  add.zero_point_a = random_.in(-128, 127);
  add.zero_point_b = random_.in(-128, 127);
  const auto multiplier = [&] { return random_.in(-(std::int64_t{1} << 31) + 1, (std::int64_t{1} << 31) - 1); };
  add.multiplier_a = multiplier();
  add.multiplier_b = multiplier();
  add.shift = random_.one_in(8) ? random_.in(0, kMaxShift) : random_.in(29, 33);
  draw_clamp(add.clamp_low, add.clamp_high, add.output_zero_point);
  if (adds) {
    builder_.emit(add);
  } else {
    isa::Multiply multiply;
    multiply.a_address = add.a_address, multiply.b_address = add.b_address,
    multiply.output_address = add.output_address;
    multiply.elements = elements, multiply.b_period = add.b_period;
    multiply.zero_point_a = add.zero_point_a, multiply.zero_point_b = add.zero_point_b;
    multiply.multiplier = add.multiplier_a;
    multiply.shift = std::min<std::int64_t>(kMaxShift, add.shift + 7);
    multiply.output_zero_point = add.output_zero_point;
    multiply.clamp_low = add.clamp_low, multiply.clamp_high = add.clamp_high;
    builder_.emit(multiply);
  }
  builder_.store_tile(output, whole(output, add.output_address));
  return output;
}

/// Max or average pooling; every window has a tap inside.
std::int64_t RandomLayers::add_pool(std::int64_t input) {
  const auto in = builder_.tensor(input);
  const bool is_max = random_.one_in(2);
  isa::MaxPool pool;
  pool.input_height = in.height, pool.input_width = in.width, pool.channels = in.channels;
  pool.kernel_height = random_.in(1, std::min(options_.max_kernel, in.height));
  pool.kernel_width = random_.in(1, std::min(options_.max_kernel, in.width));
  pool.stride_height = random_.in(1, 3), pool.stride_width = random_.in(1, 3);
  if (!is_max || random_.one_in(2)) {
    pool.pad_top = random_.in(0, pool.kernel_height - 1), pool.pad_left = random_.in(0, pool.kernel_width - 1);
  } else {
    if ((pool.kernel_height - 1) * 2 < in.height) pool.dilation_height = 2;
    if ((pool.kernel_width - 1) * 2 < in.width) pool.dilation_width = 2;
  }
  const auto outputs = [](std::int64_t size, std::int64_t pad, std::int64_t kernel, std::int64_t dilation,
                          std::int64_t stride) { return (size + pad - (kernel - 1) * dilation - 1) / stride + 1; };
  pool.output_height = outputs(in.height, pool.pad_top, pool.kernel_height, pool.dilation_height, pool.stride_height);
  pool.output_width = outputs(in.width, pool.pad_left, pool.kernel_width, pool.dilation_width, pool.stride_width);
  builder_.begin_layer(is_max ? "max_pool" : "average_pool", {input});
  const std::int64_t output = new_output(pool.output_height, pool.output_width, pool.channels);
  pool.input_address = load_whole(input);
  pool.output_address = allocate(builder_.tensor(output).elements());
  std::int64_t zero_point = 0;
  draw_clamp(pool.clamp_low, pool.clamp_high, zero_point);
  if (is_max) {
    builder_.emit(pool);
  } else {
    isa::AveragePool average;
    average.input_address = pool.input_address, average.input_height = pool.input_height;
    average.input_width = pool.input_width, average.output_address = pool.output_address;
    average.output_height = pool.output_height, average.output_width = pool.output_width;
    average.channels = pool.channels, average.kernel_height = pool.kernel_height;
    average.kernel_width = pool.kernel_width, average.stride_height = pool.stride_height;
    average.stride_width = pool.stride_width, average.pad_top = pool.pad_top, average.pad_left = pool.pad_left;
    average.by_count = random_.in(0, 1);
    average.input_zero_point = in.quant.zero_point;
    average.output_zero_point = zero_point;
    average.clamp_low = pool.clamp_low, average.clamp_high = pool.clamp_high;
    const std::int64_t taps = pool.kernel_height * pool.kernel_width;
    std::vector<std::int32_t> table;
    for (std::int64_t i = 0; i < (average.by_count != 0 ? taps : 1); ++i) {
      table.push_back(static_cast<std::int32_t>(random_.in(1 << 30, (std::int64_t{1} << 31) - 1)));
      table.push_back(static_cast<std::int32_t>(random_.one_in(8) ? random_.in(0, 62) : random_.in(30, 34)));
    }
    average.table_address = load_table(table);
    builder_.emit(average);
  }
  builder_.store_tile(output, whole(output, pool.output_address));
  return output;
}

std::int64_t RandomLayers::add_gather(std::int64_t input) {
  const auto in = builder_.tensor(input);
  isa::Gather gather;
  gather.input_height = in.height, gather.input_width = in.width, gather.channels = in.channels;
  gather.output_height = random_.in(1, options_.max_height), gather.output_width = random_.in(1, options_.max_width);
  builder_.begin_layer("gather", {input});
  const std::int64_t output = new_output(gather.output_height, gather.output_width, gather.channels);
  gather.input_address = load_whole(input);
  gather.output_address = allocate(builder_.tensor(output).elements());
  std::vector<std::uint8_t> table;
  const auto add_index = [&](std::int64_t size) {
    table.push_back(static_cast<std::uint8_t>(random_.in(0, size - 1)));
    table.push_back(0);
  };
  for (std::int64_t y = 0; y < gather.output_height; ++y) add_index(gather.input_height);
  for (std::int64_t x = 0; x < gather.output_width; ++x) add_index(gather.input_width);
  gather.table_address = allocate(static_cast<std::int64_t>(table.size()));
  builder_.load_constant(Region::tables, builder_.add_constant(Region::tables, table),
                         static_cast<std::int64_t>(table.size()), gather.table_address);
  builder_.emit(gather);
  builder_.store_tile(output, whole(output, gather.output_address));
  return output;
}

/// Lookup or parametric_relu, in place or not.
std::int64_t RandomLayers::add_map(std::int64_t input) {
  const auto in = builder_.tensor(input);
  const bool looks_up = random_.one_in(2);
  const std::int64_t elements = in.elements();
  builder_.begin_layer(looks_up ? "lookup" : "parametric_relu", {input});
  const std::int64_t output = new_output(in.height, in.width, in.channels);
  const std::int64_t input_address = load_whole(input);
  const std::int64_t output_address = random_.one_in(3) ? input_address : allocate(elements);
  if (looks_up) {
    std::vector<std::int32_t> table;
    for (int i = 0; i < 64; ++i) table.push_back(static_cast<std::int32_t>(random_.in(INT32_MIN, INT32_MAX)));
    isa::Lookup lookup;
    lookup.input_address = input_address, lookup.output_address = output_address, lookup.elements = elements;
    lookup.table_address = load_table(table);
    builder_.emit(lookup);
  } else {
    const std::int64_t channels = builder_.tensor(output).channels;
    std::vector<std::int32_t> table;
    for (std::int64_t c = 0; c < channels; ++c)
      table.push_back(static_cast<std::int32_t>(random_.in(-(1 << 30), 1 << 30)));
    isa::ParametricRelu relu;
    relu.input_address = input_address, relu.output_address = output_address;
    relu.elements = elements, relu.channels = channels;
    relu.table_address = load_table(table);
    relu.multiplier = random_.in(1 << 30, (std::int64_t{1} << 31) - 1);
    relu.shift = random_.one_in(8) ? random_.in(0, kMaxShift) : random_.in(29, 33);
    relu.input_zero_point = builder_.tensor(input).quant.zero_point;
    draw_clamp(relu.clamp_low, relu.clamp_high, relu.output_zero_point);
    builder_.emit(relu);
  }
  builder_.store_tile(output, whole(output, output_address));
  return output;
}

/// The input twice, side by side in the channels: transfers alone, with a sync between them.
std::int64_t RandomLayers::add_concat(std::int64_t input) {
  builder_.begin_layer("concat", {input});
  const std::int64_t channels = builder_.tensor(input).channels;
  const std::int64_t output = new_output(builder_.tensor(input).height, builder_.tensor(input).width, 2 * channels);
  const std::int64_t address = load_whole(input);
  builder_.emit(isa::Sync{});
  Tile half = whole(input, address);
  builder_.store_tile(output, half);
  half.c = channels;
  builder_.store_tile(output, half);
  return output;
}

/// The input with a frame of one code around it.
std::int64_t RandomLayers::add_fill(std::int64_t input) {
  builder_.begin_layer("pad", {input});
  const auto in = builder_.tensor(input);
  const std::int64_t output = new_output(in.height + 2, in.width + 1, in.channels);
  const auto& out = builder_.tensor(output);
  isa::Fill fill;
  fill.output_address = allocate(out.elements());
  fill.elements = out.elements();
  fill.value = random_.in(-128, 127);
  builder_.emit(fill);
  const std::int64_t row_stride = out.width * out.channels;
  builder_.load_tile(input, {0, 0, 0, in.height, in.width, in.channels, fill.output_address + row_stride + out.channels,
                             row_stride, in.channels});
  builder_.store_tile(output, whole(output, fill.output_address));
  return output;
}

}  // namespace evenshift::support

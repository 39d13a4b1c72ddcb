#include "bench/functional_layers.h"

#include <algorithm>

#include "arch/isa/weight_layout.h"
#include "tests/support/image_builder.h"
#include "tests/support/random_source.h"

namespace evenshift::bench {
namespace {

using support::ImageBuilder;
using support::Region;

constexpr std::int64_t kMostWeightBytes = 96 * 1024;
constexpr std::int64_t kMostTileBytes = 128 * 1024;

/// One layer's constants, by chunk of output channels.
struct Chunk {
  std::int64_t first = 0, channels = 0;
  std::int64_t weights = 0, weight_bytes = 0, biases = 0, scales = 0, scale_bytes = 0;
};

class LayerEmitter {
 public:
  LayerEmitter(ImageBuilder& builder, const LayerSpec& spec, std::int64_t input, support::RandomSource& random)
      : builder_(builder), spec_(spec), input_(input), random_(random) {}

  std::int64_t emit() {
    builder_.begin_layer(spec_.depthwise ? "depthwise_conv" : "conv", {input_},
                         static_cast<std::int64_t>(spec_.macs()));
    output_ = builder_.add_tensor(spec_.output_height(), spec_.output_width(), spec_.output_channels, {1.0, 0, 8});
    const std::int64_t reduction = spec_.kernel * spec_.kernel * (spec_.depthwise ? 1 : spec_.input_channels);
    std::int64_t channels = std::max<std::int64_t>(16, kMostWeightBytes / reduction / 16 * 16);
    if (spec_.depthwise || channels > spec_.output_channels) channels = spec_.output_channels;
    std::vector<Chunk> chunks;
    for (std::int64_t first = 0; first < spec_.output_channels; first += channels)
      chunks.push_back(make_chunk(first, std::min(channels, spec_.output_channels - first), reduction));
    const std::int64_t out_row = spec_.output_width() * channels;
    const std::int64_t in_row = spec_.width * spec_.input_channels;
    std::int64_t rows = 1;
    while (rows < spec_.output_height() &&
           (rows + 1) * out_row + ((rows + 1) * spec_.stride + spec_.kernel) * in_row <= kMostTileBytes)
      ++rows;
    for (const Chunk& chunk : chunks) {
      load_constants(chunk);
      for (std::int64_t y = 0; y < spec_.output_height(); y += rows)
        emit_tile(chunk, y, std::min(rows, spec_.output_height() - y));
    }
    return output_;
  }

 private:
  [[nodiscard]] isa::Conv base(std::int64_t channels) const {
    isa::Conv conv;
    conv.output_channels = channels;
    conv.inputs_per_group = spec_.depthwise ? 1 : spec_.input_channels;
    conv.outputs_per_group = spec_.depthwise ? 1 : channels;
    conv.kernel_height = conv.kernel_width = spec_.kernel;
    conv.stride_height = conv.stride_width = spec_.stride;
    return conv;
  }

  Chunk make_chunk(std::int64_t first, std::int64_t channels, std::int64_t reduction) {
    std::vector<std::int8_t> weights(static_cast<std::size_t>(channels * reduction));
    for (auto& weight : weights) weight = static_cast<std::int8_t>(random_.in(-127, 127));
    std::vector<isa::ChannelScale> scales(static_cast<std::size_t>(channels));
    for (auto& scale : scales) scale.shift = static_cast<std::int32_t>(random_.in(0, 3));
    std::vector<std::uint8_t> biases(static_cast<std::size_t>(4 * channels));
    for (auto& byte : biases) byte = 0;
    const auto packed = isa::pack_weights(base(channels), builder_.config().conv_core.mac_cols, weights);
    const auto packed_scales = isa::pack_scales(builder_.config().requantizer, scales);
    return {first,
            channels,
            builder_.add_constant(Region::weights, packed),
            static_cast<std::int64_t>(packed.size()),
            builder_.add_constant(Region::biases, biases),
            builder_.add_constant(Region::scales, packed_scales),
            static_cast<std::int64_t>(packed_scales.size())};
  }

  void load_constants(const Chunk& chunk) {
    biases_ = chunk.weight_bytes;
    scales_ = biases_ + 4 * chunk.channels;
    tiles_ = scales_ + chunk.scale_bytes;
    builder_.load_constant(Region::weights, chunk.weights, chunk.weight_bytes, 0);
    builder_.load_constant(Region::biases, chunk.biases, 4 * chunk.channels, biases_);
    builder_.load_constant(Region::scales, chunk.scales, chunk.scale_bytes, scales_);
  }

  void emit_tile(const Chunk& chunk, std::int64_t y, std::int64_t rows) {
    isa::Conv conv = base(chunk.channels);
    const std::int64_t top = y * spec_.stride - spec_.pad();
    const std::int64_t first = std::max<std::int64_t>(0, top);
    const std::int64_t end = std::min(spec_.height, top + (rows - 1) * spec_.stride + spec_.kernel);
    conv.pad_top = first - top;
    conv.pad_left = spec_.pad();
    conv.input_height = end - first;
    conv.input_width = spec_.width;
    conv.input_pixel_stride = spec_.input_channels;
    conv.input_row_stride = spec_.width * spec_.input_channels;
    conv.output_height = rows;
    conv.output_width = spec_.output_width();
    conv.output_pixel_stride = chunk.channels;
    conv.output_row_stride = conv.output_width * chunk.channels;
    conv.bias_address = biases_;
    conv.scale_address = scales_;
    conv.input_address = tiles_;
    conv.output_address = tiles_ + conv.input_height * conv.input_row_stride;
    conv.multiplier = (std::int64_t{1} << 31) - 12345;
    conv.shift = 41;
    builder_.load_tile(input_, {first, 0, 0, conv.input_height, conv.input_width, spec_.input_channels,
                                conv.input_address, conv.input_row_stride, conv.input_pixel_stride});
    builder_.emit(conv);
    builder_.store_tile(output_, {y, 0, chunk.first, rows, conv.output_width, chunk.channels, conv.output_address,
                                  conv.output_row_stride, conv.output_pixel_stride});
  }

  ImageBuilder& builder_;
  const LayerSpec& spec_;
  std::int64_t input_, output_ = 0;
  support::RandomSource& random_;
  std::int64_t biases_ = 0, scales_ = 0, tiles_ = 0;
};

/// out = a + b, tile by tile.
std::int64_t emit_add(ImageBuilder& builder, std::int64_t a, std::int64_t b) {
  builder.begin_layer("add", {a, b});
  const auto shape = builder.tensor(a);
  const std::int64_t output = builder.add_tensor(shape.height, shape.width, shape.channels, {1.0, 0, 8});
  const std::int64_t row = shape.width * shape.channels;
  const std::int64_t rows = std::max<std::int64_t>(1, 80 * 1024 / row);
  for (std::int64_t y = 0; y < shape.height; y += rows) {
    const std::int64_t count = std::min(rows, shape.height - y);
    isa::Add add;
    add.elements = add.b_period = count * row;
    add.b_address = add.elements;
    add.output_address = 0;
    add.multiplier_a = add.multiplier_b = 1 << 29;
    add.shift = 30;
    builder.load_tile(a, {y, 0, 0, count, shape.width, shape.channels, add.a_address, row, shape.channels});
    builder.load_tile(b, {y, 0, 0, count, shape.width, shape.channels, add.b_address, row, shape.channels});
    builder.emit(add);
    builder.store_tile(output, {y, 0, 0, count, shape.width, shape.channels, add.output_address, row, shape.channels});
  }
  return output;
}

}  // namespace

std::vector<LayerSpec> mobilenet_v2_layers() {
  std::vector<LayerSpec> layers = {{"first", 224, 224, 3, 32, 3, 2}};
  struct Stage {
    std::int64_t expansion, channels, repeats, stride;
  };
  std::int64_t size = 112, channels = 32;
  for (const Stage& stage : {Stage{1, 16, 1, 1}, Stage{6, 24, 2, 2}, Stage{6, 32, 3, 2}, Stage{6, 64, 4, 2},
                             Stage{6, 96, 3, 1}, Stage{6, 160, 3, 2}, Stage{6, 320, 1, 1}}) {
    for (std::int64_t i = 0; i < stage.repeats; ++i) {
      const std::int64_t stride = i == 0 ? stage.stride : 1;
      const std::int64_t wide = channels * stage.expansion;
      if (stage.expansion > 1) layers.push_back({"expand", size, size, channels, wide});
      layers.push_back({"depthwise", size, size, wide, wide, 3, stride, true});
      size /= stride;
      layers.push_back({"project", size, size, wide, stage.channels, 1, 1, false, i > 0});
      channels = stage.channels;
    }
  }
  layers.push_back({"last", 7, 7, 320, 1280});
  layers.push_back({"classifier", 1, 1, 1280, 1001});
  return layers;
}

image::Image layers_image(const std::vector<LayerSpec>& layers) {
  support::RandomSource random(1);
  ImageBuilder builder(NpuConfig{});
  std::int64_t tensor =
      builder.add_tensor(layers.front().height, layers.front().width, layers.front().input_channels, {1.0, 0, 8});
  std::vector<std::int64_t> inputs;
  for (const LayerSpec& spec : layers) {
    if (spec.height < builder.tensor(tensor).height) {
      builder.begin_layer("crop", {tensor});
      const std::int64_t cropped = builder.add_tensor(spec.height, spec.width, spec.input_channels, {1.0, 0, 8});
      const support::Tile pixel{3, 3, 0, 1, 1, spec.input_channels, 0, spec.input_channels, spec.input_channels};
      builder.load_tile(tensor, pixel);
      support::Tile to = pixel;
      to.y = to.x = 0;
      builder.store_tile(cropped, to);
      tensor = cropped;
    }
    inputs.push_back(tensor);
    tensor = LayerEmitter(builder, spec, tensor, random).emit();
    if (spec.adds_input_of) tensor = emit_add(builder, tensor, inputs[inputs.size() - 3]);
  }
  return builder.finish();
}

}  // namespace evenshift::bench

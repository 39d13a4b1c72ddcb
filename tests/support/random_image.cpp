#include "tests/support/random_image.h"

#include "arch/base/check.h"
#include "tests/support/random_layers.h"

namespace evenshift::support {
namespace {

NpuConfig random_config(const RandomImageOptions& options, RandomSource& random) {
  NpuConfig config;
  config.name = "random";
  config.conv_core.mac_rows = random.of(options.mac_rows);
  config.conv_core.mac_cols = random.of(options.mac_cols);
  config.conv_core.accumulator_bits = random.of<std::int64_t>({32, 32, 32, 28, 24});
  config.conv_core.accumulator_entries = random.of<std::int64_t>({16, 60, 128, 512});
  config.conv_core.requant_lanes = random.of<std::int64_t>({1, 4, 16});
  config.scratchpad.size_bytes = options.scratchpad_bytes;
  auto& requantizer = config.requantizer;
  requantizer.shift_bits = options.shift_bits.value_or(random.in(0, 5));
  requantizer.multiplier_bits = random.one_in(3) ? random.in(8, 30) : 31;
  requantizer.rounding =
      options.rounding.value_or(random.one_in(2) ? RoundingMode::half_up : static_cast<RoundingMode>(random.in(0, 4)));
  requantizer.requant_scale = options.requant_scale.value_or(static_cast<RequantScale>(random.in(0, 3)));
  if (requantizer.rounding == RoundingMode::tflite_double) {
    requantizer.multiplier_bits = 31;
    if (requantizer.requant_scale == RequantScale::channel_shift_only) requantizer.requant_scale = RequantScale::layer;
  }
  const auto faults = npu_config_faults(config);
  check(faults.empty(), faults.empty() ? "" : "configuration of a random image: " + faults.front());
  return config;
}

}  // namespace

image::Image random_image(const RandomImageOptions& options) {
  RandomSource random(options.seed);
  ImageBuilder builder(random_config(options, random));
  RandomLayers layers(builder, options, random);
  std::vector<std::int64_t> tensors;
  for (std::int64_t i = random.in(1, 2); i > 0; --i)
    tensors.push_back(builder.add_tensor(
        random.in(1, options.max_height), random.in(1, options.max_width), random.in(1, options.max_channels),
        layers.random_quant(), random.one_in(3) ? random.in(1, 5) : 0, random.one_in(3) ? random.in(1, 9) : 0));
  for (std::int64_t i = random.in(1, options.max_layers); i > 0; --i) {
    const std::int64_t input = random.one_in(3) ? random.of(tensors) : tensors.back();
    const bool vector = options.vector_commands && random.one_in(2);
    tensors.push_back(vector ? layers.add_vector(input) : layers.add_conv(input));
  }
  return builder.finish();
}

std::vector<sim::TensorCodes> random_inputs(const image::Image& image, std::uint64_t seed) {
  RandomSource random(seed);
  std::vector<sim::TensorCodes> inputs;
  for (const auto index : image.tensors_with(image::TensorRole::input)) {
    const auto& tensor = image.tensors[static_cast<std::size_t>(index)];
    auto& codes = inputs.emplace_back(static_cast<std::size_t>(tensor.elements()));
    for (auto& code : codes)
      code = static_cast<std::int8_t>(random.in(tensor.quant.min_code(), tensor.quant.max_code()));
  }
  return inputs;
}

}  // namespace evenshift::support

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "arch/image/image.h"
#include "sim/executor.h"

namespace evenshift::support {

/// Bounds of what random_image draws. Every property is drawn anew for each seed; an image is a pure function of this.
struct RandomImageOptions {
  std::uint64_t seed = 0;
  std::vector<std::int64_t> mac_rows = {1, 3, 4, 8, 16, 32};
  std::vector<std::int64_t> mac_cols = {1, 3, 4, 8, 16, 32};
  /// Fixed where given, else drawn.
  std::optional<RoundingMode> rounding = {};
  std::optional<RequantScale> requant_scale = {};
  std::optional<std::int64_t> shift_bits = {};
  std::int64_t scratchpad_bytes = 32768;
  std::int64_t max_layers = 4;
  std::int64_t max_height = 10, max_width = 12;
  std::int64_t max_channels = 40;
  std::int64_t max_kernel = 5;
  bool vector_commands = true;     ///< layers of the vector unit beside the convolutions
  bool weights_from_data = false;  ///< some convolutions take their weights from an input tensor
};

/// A valid image of one to max_layers layers, made at command level: convolutions regular, grouped, depthwise with and
/// without a channel multiplier, and dense; any stride, dilation, padding, weight width and zero point; cut into tiles
/// of rows, columns, output channels, and input channels whose accumulators continue; tensors and tiles with gaps;
/// every command of the vector unit. Commands run one after the other (ImageBuilder's tokens). Every accumulator fits
/// accumulator_bits for any input codes.
image::Image random_image(const RandomImageOptions& options);

/// Codes for every input tensor, uniform over its code range.
std::vector<sim::TensorCodes> random_inputs(const image::Image& image, std::uint64_t seed);

}  // namespace evenshift::support

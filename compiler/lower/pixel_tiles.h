#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "arch/image/image.h"
#include "compiler/lower/layer_context.h"
#include "compiler/lower/tile_copy.h"

namespace evenshift::compiler {

/// What a layer that works pixel by pixel keeps in the scratchpad.
struct PixelWork {
  std::int64_t pixels = 1, channels = 1;
  std::int64_t streams = 2;   ///< tiles in the scratchpad together: inputs and outputs, without those that stay
  bool all_channels = false;  ///< a tile must have all channels, as what stays has no gaps only then
  std::int64_t bytes_per_channel = 0;               ///< of tables and operands that every pixel shares
  std::int64_t fixed_bytes = 0;                     ///< of tables that every channel shares
  std::int64_t max_pixels = std::int64_t{1} << 27;  ///< of a command
};

/// How it is cut: channel blocks outside, runs of pixels inside.
struct PixelPlan {
  std::int64_t pixels = 1, channels = 1;  ///< of a tile
  std::int64_t slots = 2;                 ///< of each stream
  std::int64_t param_slots = 1;           ///< of what is there per channel
  [[nodiscard]] std::int64_t tile_bytes() const { return pixels * channels; }
};

/// All channels of as many pixels as fit twice, but no more than a quarter of the layer, so that load, compute and
/// store overlap; fewer channels or single slots where that does not fit. Nothing when no plan fits.
std::optional<PixelPlan> find_pixel_plan(const LayerView& layer, const PixelWork& work);

/// The same. Throws Error naming the layer when no plan fits.
PixelPlan plan_pixels(const LayerView& layer, const PixelWork& work);

/// Calls visitor(box) for the tiles of the plan, as boxes of the tensor that `as_pixels` makes.
void for_each_pixel_tile(const PixelWork& work, const PixelPlan& plan, const std::function<void(const Box&)>& visitor);

/// The same tensor as one row of pixels.
image::Tensor as_pixels(const image::Tensor& tensor);

/// The same tensor, which has no gaps, as one row of pixels of one channel.
image::Tensor as_elements(const image::Tensor& tensor);

/// Whether the pixels of a tensor follow each other without gaps.
bool is_dense(const image::Tensor& tensor);

/// "7 tiles of 448 pixels x 64 channels" for reports.
std::string to_string(const PixelWork& work, const PixelPlan& plan);

}  // namespace evenshift::compiler

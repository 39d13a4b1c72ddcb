#include "compiler/lower/pixel_tiles.h"

#include <fmt/format.h>

#include <algorithm>

#include "arch/base/ceil_divide.h"
#include "arch/base/check.h"

namespace evenshift::compiler {
namespace {

constexpr std::int64_t kMaxChannels = 65535;    ///< of a command
constexpr std::int64_t kSmallTileBytes = 4096;  ///< below this a tile is not cut for the sake of overlap

std::int64_t scratchpad_bytes(const PixelWork& work, const PixelPlan& plan) {
  return plan.slots * work.streams * align_up(plan.tile_bytes()) +
         plan.param_slots * align_up(work.bytes_per_channel * plan.channels) + align_up(work.fixed_bytes);
}

}  // namespace

std::optional<PixelPlan> find_pixel_plan(const LayerView& layer, const PixelWork& work) {
  const std::int64_t budget = layer.budget_bytes();
  PixelPlan plan;
  for (std::int64_t parts = 1;; parts *= 2) {
    plan.channels = std::min(ceil_divide(work.channels, parts), kMaxChannels);
    if (work.all_channels && plan.channels < work.channels) return std::nullopt;
    for (const std::int64_t slots : {2, 1}) {
      plan.slots = slots;
      plan.param_slots = plan.channels < work.channels ? slots : 1;
      plan.pixels = 1;
      if (scratchpad_bytes(work, plan) > budget) continue;
      const std::int64_t shared =
          plan.param_slots * align_up(work.bytes_per_channel * plan.channels) + align_up(work.fixed_bytes);
      std::int64_t most = std::min(work.pixels, work.max_pixels);
      if (work.streams > 0)
        most = std::min(most,
                        (budget - shared) / (slots * work.streams) / kAlignmentBytes * kAlignmentBytes / plan.channels);
      most = std::min(most, std::max(ceil_divide(work.pixels, 4), ceil_divide(kSmallTileBytes, plan.channels)));
      plan.pixels = ceil_divide(work.pixels, ceil_divide(work.pixels, most));
      return plan;
    }
    if (plan.channels == 1) return std::nullopt;
  }
}

PixelPlan plan_pixels(const LayerView& layer, const PixelWork& work) {
  if (const auto plan = find_pixel_plan(layer, work)) return *plan;
  fail("{}: its smallest tile needs {} bytes of scratchpad, scratchpad.size_bytes is {}", layer.where(),
       scratchpad_bytes(work, {.pixels = 1, .channels = 1, .slots = 1, .param_slots = 1}),
       layer.config().scratchpad.size_bytes);
}

void for_each_pixel_tile(const PixelWork& work, const PixelPlan& plan, const std::function<void(const Box&)>& visitor) {
  for (std::int64_t c = 0; c < work.channels; c += plan.channels)
    for (std::int64_t x = 0; x < work.pixels; x += plan.pixels)
      visitor({.x = x,
               .c = c,
               .width = std::min(plan.pixels, work.pixels - x),
               .channels = std::min(plan.channels, work.channels - c)});
}

image::Tensor as_pixels(const image::Tensor& tensor) {
  check_equal(tensor.row_stride, tensor.width * tensor.pixel_stride, "row stride of tensor " + tensor.name);
  image::Tensor view = tensor;
  view.width = tensor.height * tensor.width;
  view.height = 1;
  view.row_stride = view.width * view.pixel_stride;
  return view;
}

image::Tensor as_elements(const image::Tensor& tensor) {
  image::Tensor view = as_pixels(tensor);
  view.width *= view.channels;
  view.channels = 1;
  view.pixel_stride = 1;
  return view;
}

bool is_dense(const image::Tensor& tensor) { return tensor.pixel_stride == tensor.channels; }

std::string to_string(const PixelWork& work, const PixelPlan& plan) {
  return fmt::format("{} tiles of {} x {}, {} slots",
                     ceil_divide(work.pixels, plan.pixels) * ceil_divide(work.channels, plan.channels), plan.pixels,
                     plan.channels, plan.slots);
}

}  // namespace evenshift::compiler

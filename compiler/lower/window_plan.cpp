#include "compiler/lower/window_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "arch/base/ceil_divide.h"
#include "arch/base/check.h"

namespace evenshift::compiler {
namespace {

constexpr std::int64_t kCyclesOfTile = 16;  ///< what a tile is taken to cost besides its bytes

/// How often each input size occurs along one axis, and the greatest.
struct Sizes {
  std::map<std::int64_t, std::int64_t> counts;
  std::int64_t greatest = 0;
};

Sizes sizes_of(const std::function<InputSpan(std::int64_t, std::int64_t)>& span, std::int64_t outputs,
               std::int64_t tile) {
  Sizes sizes;
  for (std::int64_t first = 0; first < outputs; first += tile) {
    const std::int64_t count = span(first, std::min(tile, outputs - first)).count;
    ++sizes.counts[count];
    sizes.greatest = std::max(sizes.greatest, count);
  }
  return sizes;
}

/// total, total / 2, total / 3, …, each once, down to 1.
std::vector<std::int64_t> part_sizes(std::int64_t total) {
  std::vector<std::int64_t> sizes = {total};
  for (std::int64_t parts = 2; sizes.back() > 1; parts += std::max<std::int64_t>(1, parts / 2))
    if (const std::int64_t size = ceil_divide(total, parts); size < sizes.back()) sizes.push_back(size);
  return sizes;
}

}  // namespace

std::optional<WindowPlan> find_window_plan(const LayerView& layer, const WindowShape& shape,
                                           std::int64_t& least_bytes) {
  const NpuConfig& config = layer.config();
  const image::Tensor& in = layer.input();
  const image::Tensor& out = layer.output();
  std::optional<WindowPlan> best;
  std::int64_t best_cycles = 0;
  const std::int64_t budget = layer.budget_bytes();
  least_bytes = 0;
  std::map<std::int64_t, Sizes> columns_of, rows_of;
  const auto cached = [](auto& cache, const auto& span, std::int64_t outputs, std::int64_t tile) -> const Sizes& {
    const auto [at, is_new] = cache.try_emplace(tile);
    if (is_new) at->second = sizes_of(span, outputs, tile);
    return at->second;
  };
  for (const std::int64_t channels : part_sizes(shape.channels))
    for (const std::int64_t width : part_sizes(shape.output_width))
      for (const std::int64_t height : part_sizes(shape.output_height))
        for (const std::int64_t slots : {2, 1}) {
          const Sizes& rows = cached(rows_of, shape.rows, shape.output_height, height);
          const Sizes& columns = cached(columns_of, shape.columns, shape.output_width, width);
          WindowPlan plan{.tile_height = height, .tile_width = width, .channels = channels, .slots = slots};
          if (shape.whole_rows && (width < shape.output_width || channels < shape.channels)) continue;
          plan.output_slot_bytes = shape.has_output_tile ? height * width * channels : 0;
          plan.input_slot_bytes = shape.has_input_tile ? rows.greatest * columns.greatest * channels : 0;
          plan.table_slot_bytes = shape.table_bytes ? shape.table_bytes(height, width) : 0;
          const std::int64_t bytes = slots * (align_up(plan.input_slot_bytes) + align_up(plan.output_slot_bytes) +
                                              align_up(plan.table_slot_bytes));
          if (least_bytes == 0 || bytes < least_bytes) least_bytes = bytes;
          if (bytes > budget || channels > kMaxField16 || height > kMaxField16 || width > kMaxField16 ||
              rows.greatest > kMaxField16 || columns.greatest > kMaxField16)
            continue;
          std::int64_t loads = 0;
          for (const auto& [h, h_count] : rows.counts)
            for (const auto& [w, w_count] : columns.counts)
              loads +=
                  h_count * w_count *
                  copy_cost(config, {.height = h, .width = w, .channels = channels}, in.row_stride, in.pixel_stride)
                      .cycles;
          const std::int64_t tiles = ceil_divide(shape.output_height, height) * ceil_divide(shape.output_width, width);
          const std::int64_t blocks = ceil_divide(shape.channels, channels);
          const Box box{.height = height, .width = width, .channels = channels};
          const std::int64_t store = copy_cost(config, box, out.row_stride, out.pixel_stride).cycles;
          const std::int64_t overlap_loss = slots == 1 ? tiles * store : loads / tiles + store;
          const std::int64_t cycles =
              blocks * (loads + tiles * (store + kCyclesOfTile)) + (slots == 1 ? blocks : 1) * overlap_loss;
          if (!best || cycles < best_cycles) {
            best = plan;
            best_cycles = cycles;
          }
        }
  return best;
}

WindowPlan plan_window(const LayerView& layer, const WindowShape& shape) {
  std::int64_t least_bytes = 0;
  if (const auto plan = find_window_plan(layer, shape, least_bytes)) return *plan;
  fail("{}: its smallest tile needs {} bytes of scratchpad, scratchpad.size_bytes is {}", layer.where(), least_bytes,
       layer.config().scratchpad.size_bytes);
}

void for_each_window_tile(const WindowShape& shape, const WindowPlan& plan,
                          const std::function<void(const WindowTile&)>& visitor) {
  for (std::int64_t c = 0; c < shape.channels; c += plan.channels)
    for (std::int64_t y = 0; y < shape.output_height; y += plan.tile_height)
      for (std::int64_t x = 0; x < shape.output_width; x += plan.tile_width) {
        WindowTile tile;
        tile.output = {y,
                       x,
                       c,
                       std::min(plan.tile_height, shape.output_height - y),
                       std::min(plan.tile_width, shape.output_width - x),
                       std::min(plan.channels, shape.channels - c)};
        tile.rows = shape.rows(y, tile.output.height);
        tile.columns = shape.columns(x, tile.output.width);
        tile.input = {tile.rows.first, tile.columns.first, c,
                      tile.rows.count, tile.columns.count, tile.output.channels};
        visitor(tile);
      }
}

std::string to_string(const WindowShape& shape, const WindowPlan& plan) {
  const std::int64_t tiles = ceil_divide(shape.output_height, plan.tile_height) *
                             ceil_divide(shape.output_width, plan.tile_width) *
                             ceil_divide(shape.channels, plan.channels);
  return fmt::format("{} tiles of {} x {} x {}, {} slots", tiles, plan.tile_height, plan.tile_width, plan.channels,
                     plan.slots);
}

}  // namespace evenshift::compiler

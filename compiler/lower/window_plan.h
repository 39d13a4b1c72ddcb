#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "compiler/lower/layer_context.h"
#include "compiler/lower/tile_copy.h"
#include "compiler/lower/window_span.h"

namespace evenshift::compiler {

/// A layer whose outputs read windows of the same channel: pooling, padding, resizing.
struct WindowShape {
  std::int64_t channels = 1, output_height = 1, output_width = 1;
  /// The inputs that a range of output rows, or columns, needs.
  std::function<InputSpan(std::int64_t first, std::int64_t count)> rows = {}, columns = {};
  /// Bytes of tables in the scratchpad for a tile of height x width.
  std::function<std::int64_t(std::int64_t height, std::int64_t width)> table_bytes = {};
  bool has_input_tile = true;   ///< false: the input stays in the scratchpad, or is loaded into the output's tile
  bool has_output_tile = true;  ///< false: the output stays
  bool whole_rows = false;      ///< a tile must have all columns and channels, as what stays has no gaps only then
};

/// Channel blocks outside, spatial tiles inside.
struct WindowPlan {
  std::int64_t tile_height = 1, tile_width = 1, channels = 1;
  std::int64_t slots = 2;
  std::int64_t input_slot_bytes = 0, output_slot_bytes = 0, table_slot_bytes = 0;
};

/// The plan of fewest estimated DMA cycles that fits; nothing when none does, then `least_bytes` is what the smallest
/// needs.
std::optional<WindowPlan> find_window_plan(const LayerView& layer, const WindowShape& shape, std::int64_t& least_bytes);

/// The same. Throws Error naming the layer when no plan fits.
WindowPlan plan_window(const LayerView& layer, const WindowShape& shape);

/// One tile: the part of the output that it makes and the part of the input that it reads.
struct WindowTile {
  Box output, input;
  InputSpan rows, columns;
};
void for_each_window_tile(const WindowShape& shape, const WindowPlan& plan,
                          const std::function<void(const WindowTile&)>& visitor);

std::string to_string(const WindowShape& shape, const WindowPlan& plan);

}  // namespace evenshift::compiler

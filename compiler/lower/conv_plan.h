#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "arch/config/npu_config.h"
#include "arch/isa/commands.h"
#include "compiler/lower/window_span.h"

namespace evenshift::compiler {

/// What the plan of a conv layer depends on.
struct ConvShape {
  WindowAxis rows, columns;
  std::int64_t groups = 1;
  std::int64_t inputs_per_group = 1, outputs_per_group = 1;
  std::int64_t weight_bits = 8;
  /// Of the tensors in DRAM.
  std::int64_t input_row_stride = 0, input_pixel_stride = 0, output_row_stride = 0, output_pixel_stride = 0;

  /// The whole input, or output, is in the scratchpad besides; see plan_residency.
  bool input_stays = false, output_stays = false;

  [[nodiscard]] std::int64_t input_channels() const { return groups * inputs_per_group; }
  [[nodiscard]] std::int64_t output_channels() const { return groups * outputs_per_group; }
};

/// How a conv layer is cut into commands.
///
/// A command computes tile_height × tile_width outputs of `groups` whole groups, or, where groups is 1, of `outputs` of
/// the outputs_per_group channels of one group, over `inputs` of its inputs_per_group channels; a reduction that is
/// split so runs over consecutive commands that continue each other. Tiles are visited in one of two orders,
///
///     spatial tiles outside:   for each spatial tile, for each channel block, for each part of the reduction
///     channel blocks outside:  for each channel block, for each spatial tile, for each part of the reduction
///
/// and each kind of tile lives in a pool of slots (see TilePool): what is still in a slot is not loaded again.
struct ConvPlan {
  std::int64_t tile_height = 1, tile_width = 1;
  std::int64_t groups = 1, outputs = 1, inputs = 1;
  bool whole_input = true;        ///< an input tile holds all channels of its groups, although a command reads `inputs`
  bool channels_outside = false;  ///< the order
  bool whole_params = true;       ///< biases and scales of all channels are loaded at once
  bool whole_weights = false;     ///< so are all weights
  std::int64_t input_slots = 1, weight_slots = 1, param_slots = 1, output_slots = 1;
  std::int64_t input_slot_bytes = 0, weight_slot_bytes = 0, bias_slot_bytes = 0, scale_slot_bytes = 0,
               output_slot_bytes = 0;

  // Estimates.
  std::int64_t scratchpad_bytes = 0;
  std::int64_t commands = 0;
  std::int64_t loaded_bytes = 0, stored_bytes = 0;
  std::int64_t compute_cycles = 0, cycles = 0;
};

/// Counts of tiles of a plan.
struct ConvTiles {
  std::int64_t rows = 1, columns = 1;
  std::int64_t group_blocks = 1, output_blocks = 1, reduction_parts = 1;

  [[nodiscard]] std::int64_t spatial() const { return rows * columns; }
  [[nodiscard]] std::int64_t channel() const { return group_blocks * output_blocks; }
};
ConvTiles tiles_of(const ConvShape& shape, const ConvPlan& plan);

/// A conv command of the plan with everything but addresses, padding and constants of the layer: `height` × `width`
/// outputs of `groups` groups of `outputs` channels over `inputs` channels each.
isa::Conv conv_command(const ConvShape& shape, const ConvPlan& plan, std::int64_t height, std::int64_t width,
                       std::int64_t groups, std::int64_t outputs, std::int64_t inputs);

/// Finds plans and remembers them, as layers of a network are often alike.
class ConvPlanner {
 public:
  explicit ConvPlanner(const NpuConfig& config) : config_(config) {}

  /// The plan of fewest estimated cycles among those that fit `budget_bytes` of scratchpad: a search over channel
  /// blocks, splits of the reduction, orders, numbers of slots and tile widths, each with the greatest tile height that
  /// fits and some smaller ones. Cycles of a plan: the busiest of conv core (datapath::conv_timing), load DMA, store
  /// DMA and DRAM, plus what nothing hides: the first tile's loads and the last tile's store. Nothing when no plan
  /// fits.
  const std::optional<ConvPlan>& find(const ConvShape& shape, std::int64_t budget_bytes);

  /// Scratchpad bytes of the smallest plan.
  std::int64_t smallest_bytes(const ConvShape& shape) const;

 private:
  NpuConfig config_;
  std::map<std::vector<std::int64_t>, std::optional<ConvPlan>> plans_;
};

/// "tiles 4 x 1 of 28 x 112 x 64, …" for reports.
std::string to_string(const ConvShape& shape, const ConvPlan& plan);

}  // namespace evenshift::compiler

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "arch/config/npu_config.h"
#include "arch/isa/commands.h"
#include "arch/isa/weight_layout.h"

namespace evenshift::rtl {

/// The part of a column block's reduction that the array holds at a time.
///
/// Dense: up to mac_rows consecutive bytes of a run, what the core reads as one contiguous row of bytes: a whole kernel
/// row where its pixels touch, otherwise the channels of a tap; (kernel_y, kernel_x) is the run's first tap.
/// Depthwise: taps, as many whole kernel rows as fit, or up to mac_rows of one; (kernel_y, kernel_x) is the first tap.
struct Pass {
  std::int64_t first_reduction = 0;  ///< reduction index of row 0
  std::int64_t rows = 0;
  std::int64_t kernel_y = 0;
  std::int64_t kernel_x = 0;
  std::int64_t byte_in_run = 0;           ///< dense: where row 0 is in its run
  std::int64_t row_start_cycles = 1;      ///< of the first position of an output row or of a tile
  std::int64_t next_position_cycles = 1;  ///< of every other position
};

/// Output positions of one column block that the accumulators hold together: what is accumulated into one bank while
/// the tile before is drained from the other.
struct Tile {
  std::size_t block = 0;
  std::int64_t first_position = 0;
  std::int64_t positions = 0;
  bool bank = false;
  std::int64_t first_entry = 0;
};

/// A conv command cut into column blocks, tiles and passes; docs/timing.md.
struct ConvPlan {
  bool depthwise = false;  ///< inputs_per_group is 1: rows are taps, every column has its own operand
  bool touching = false;   ///< dense: a run is a kernel row
  std::vector<isa::ColumnBlock> blocks;
  std::vector<std::vector<Pass>> passes;  ///< of each block
  std::vector<Tile> tiles;                ///< in order

  ConvPlan(const isa::Conv& conv, const NpuConfig& config);
};

/// Weights of one column block, [reduction][channels], from the packed weights of the command.
std::vector<std::int8_t> block_weights(const isa::Conv& conv, const isa::ColumnBlock& block,
                                       std::span<const std::uint8_t> packed);

}  // namespace evenshift::rtl

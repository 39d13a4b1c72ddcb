#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "arch/config/npu_config.h"
#include "arch/isa/commands.h"
#include "arch/isa/weight_layout.h"

namespace evenshift::rtl {

/// Up to mac_rows reduction elements that are in the array together, of every column block of a command.
struct Pass {
  std::int64_t first_reduction = 0;  ///< reduction index of row 0
  std::int64_t rows = 0;
  std::int64_t kernel_y = 0;     ///< dense: tap of the run that the rows belong to
  std::int64_t kernel_x = 0;     ///< dense: the same
  std::int64_t byte_in_run = 0;  ///< dense: row 0 within the run
};

/// Output positions of one column block that the accumulators hold together: what is accumulated into one bank while
/// the tile before is drained from the other.
struct Tile {
  std::size_t block = 0;
  std::int64_t first_position = 0;
  std::int64_t positions = 0;
  bool bank = false;
  std::int64_t first_entry = 0;
  std::int64_t position_cycles = 1;  ///< cycles in which the scratchpad delivers the operands of a position
};

/// A conv command cut into tiles and passes. A run is what the core reads as one contiguous row of bytes: a whole
/// kernel row where its pixels touch, otherwise the channels of a tap.
struct ConvPlan {
  bool depthwise = false;  ///< inputs_per_group is 1: rows are taps
  bool touching = false;   ///< dense: a run is a kernel row
  std::vector<isa::ColumnBlock> blocks;
  std::vector<Tile> tiles;
  std::vector<Pass> passes;  ///< of every tile

  ConvPlan(const isa::Conv& conv, const NpuConfig& config);
};

/// Weights of one column block, [reduction][channels], from the packed weights of the command.
std::vector<std::int8_t> block_weights(const isa::Conv& conv, const isa::ColumnBlock& block,
                                       std::span<const std::uint8_t> packed);

}  // namespace evenshift::rtl

#pragma once

#include <span>
#include <vector>

#include "arch/config/npu_config.h"
#include "arch/isa/commands.h"
#include "sim/functional/aligned_vector.h"
#include "sim/functional/kernels.h"

namespace evenshift::sim {

/// Positions that the kernels compute together, and the output channels that they stand for.
struct ConvBlock {
  std::int64_t group = 0;           ///< whose inputs it reads; 0 for a depthwise block
  std::int64_t first_position = 0;  ///< in accumulators and constants
  std::int64_t vectors = 1;
  std::int64_t first_channel = 0, channels = 0;  ///< channels that are written; fewer than positions at an end
  std::int64_t first_weight_unit = 0;
};

/// The constants of a conv command, laid out for one instruction set: shared by all commands that differ only in where
/// and how large their tiles are.
struct PackedConv {
  bool depthwise = false;  ///< runs by Kernels::depthwise, otherwise each group by Kernels::gemm
  bool row_runs = false;   ///< gemm: a run is a kernel row, otherwise a tap
  std::int64_t runs = 1, run_units = 1;
  std::int64_t positions = 0;
  std::vector<ConvBlock> blocks;
  std::vector<std::int64_t> position_of_channel;
  AlignedVector<std::int32_t> weight_units;
  /// bias (0 where the command continues) minus what the tile's offset adds, modulo 2^32.
  AlignedVector<std::int32_t> initial;
  std::vector<FixedPointScale> scales;  ///< of channels; empty where the command does not finish
  /// HighWordScales' arrays, empty where some channel has no such form; pre_shifts also where all are 0.
  AlignedVector<std::int32_t> multipliers, shifts, pre_shifts;
  AlignedVector<std::int64_t> addends;
  bool fits = false;  ///< no input codes can take an accumulator of this command out of accumulator_bits
};

/// Lays out the constants that the command's addresses name in `scratchpad`.
PackedConv pack_conv(const isa::Conv& conv, const NpuConfig& config, const Kernels& kernels,
                     std::span<const std::uint8_t> scratchpad);

/// The command with all that pack_conv does not look at, but for its addresses, set to one value.
isa::Conv constants_key(const isa::Conv& conv);

}  // namespace evenshift::sim

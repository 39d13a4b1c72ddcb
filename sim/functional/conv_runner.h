#pragma once

#include <span>
#include <vector>

#include "arch/datapath/conv_core.h"
#include "sim/functional/packed_conv.h"
#include "sim/functional/placement.h"

namespace evenshift::sim {

/// Executes conv commands whose constants are packed. Keeps the accumulators between commands, and buffers.
class ConvRunner {
 public:
  ConvRunner(const NpuConfig& config, const Kernels& kernels)
      : kernels_(kernels),
        accumulator_bits_(config.conv_core.accumulator_bits),
        rounding_(config.requantizer.rounding) {}

  /// What a command reads and writes: `input` and `output` are in these bytes, the scratchpad's or DRAM's. kReadAhead
  /// bytes after the end of either memory are readable.
  struct Tiles {
    const std::uint8_t* input_memory = nullptr;
    Placement input;
    std::uint8_t* output_memory = nullptr;
    Placement output;
  };

  static constexpr std::int64_t kReadAhead = 256;

  /// `keeps`: the next conv command continues from this one's accumulators. Of `conv`, the addresses and strides of
  /// input and output do not count, but `tiles`. Throws InternalError as datapath::ConvCore does.
  void run(const isa::Conv& conv, const PackedConv& packed, bool keeps, const Tiles& tiles,
           const datapath::AccumulatorObserver& observer);

 private:
  /// What of a window the kernels see: how far apart its taps and the next window are, in bytes of the tile.
  struct Windows {
    const std::uint8_t* tile = nullptr;
    std::int64_t height = 1, width = 1;  ///< output pixels
    std::int64_t row_step = 0, pixel_step = 0, tap_row_bytes = 0, tap_bytes = 0, pixel_bytes = 0, columns = 1;
  };

  bool reads_in_place(const isa::Conv& conv, const PackedConv& packed, const Tiles& tiles) const;
  Windows windows_in_place(const isa::Conv& conv, const Tiles& tiles) const;
  Windows build_tile(const isa::Conv& conv, bool depthwise, const Tiles& tiles);
  Windows build_window(const isa::Conv& conv, bool depthwise, const Tiles& tiles, std::int64_t y, std::int64_t x);
  void fill(std::uint8_t* elements, std::int64_t count, std::int8_t code, const Elements& form) const;
  void copy_pixels(std::uint8_t* elements, const std::uint8_t* codes, std::int64_t pixels, std::int64_t pixel_stride,
                   std::int64_t channels, std::int64_t repeats, const Elements& form);
  void multiply(const isa::Conv& conv, const PackedConv& packed, const Windows& windows, BlockOutput output,
                const std::int32_t* initial, std::int64_t initial_stride);
  void requantize(const isa::Conv& conv, const PackedConv& packed, const Tiles& tiles,
                  const datapath::AccumulatorObserver& observer);

  const Kernels& kernels_;
  std::int64_t accumulator_bits_;
  RoundingMode rounding_;
  AlignedVector<std::uint8_t> tile_;
  std::vector<std::uint8_t> codes_;
  std::vector<std::int64_t> run_offsets_;
  AlignedVector<std::int32_t> workspace_;
  AlignedVector<std::int32_t> accumulators_;  ///< [output pixel][position] of the last command that kept them
};

}  // namespace evenshift::sim

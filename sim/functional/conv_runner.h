#pragma once

#include <span>
#include <vector>

#include "arch/datapath/conv_core.h"
#include "sim/functional/packed_conv.h"

namespace evenshift::sim {

/// Executes conv commands whose constants are packed. Keeps the accumulators between commands, and buffers.
class ConvRunner {
 public:
  ConvRunner(const NpuConfig& config, const Kernels& kernels)
      : kernels_(kernels),
        accumulator_bits_(config.conv_core.accumulator_bits),
        rounding_(config.requantizer.rounding) {}

  /// `keeps`: the next conv command continues from this one's accumulators. Throws InternalError as
  /// datapath::ConvCore does.
  void run(const isa::Conv& conv, const PackedConv& packed, bool keeps, std::span<std::uint8_t> scratchpad,
           const datapath::AccumulatorObserver& observer);

 private:
  /// What of a window the kernels see: how far apart its taps and the next window are, in bytes of the tile.
  struct Windows {
    const std::uint8_t* tile = nullptr;
    std::int64_t height = 1, width = 1;  ///< output pixels
    std::int64_t row_step = 0, pixel_step = 0, tap_row_bytes = 0, tap_bytes = 0, pixel_bytes = 0, columns = 1;
  };

  Windows build_tile(const isa::Conv& conv, bool repeats, const std::uint8_t* scratchpad);
  Windows build_window(const isa::Conv& conv, bool repeats, const std::uint8_t* scratchpad, std::int64_t y,
                       std::int64_t x);
  void fill(std::uint8_t* elements, std::int64_t count, std::int8_t code) const;
  void copy_pixels(std::uint8_t* elements, const std::uint8_t* codes, std::int64_t pixels, std::int64_t pixel_stride,
                   std::int64_t channels, std::int64_t repeats);
  void multiply(const isa::Conv& conv, const PackedConv& packed, const Windows& windows, BlockOutput output,
                const std::int32_t* initial, std::int64_t initial_stride);
  void requantize(const isa::Conv& conv, const PackedConv& packed, std::uint8_t* scratchpad,
                  const datapath::AccumulatorObserver& observer);

  const Kernels& kernels_;
  std::int64_t accumulator_bits_;
  RoundingMode rounding_;
  std::vector<std::uint8_t> tile_;
  std::vector<std::uint8_t> codes_;
  std::vector<std::int64_t> run_offsets_;
  std::vector<std::int32_t> workspace_;
  std::vector<std::int32_t> accumulators_;  ///< [output pixel][position] of the last command that kept them
};

}  // namespace evenshift::sim

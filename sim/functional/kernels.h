#pragma once

#include <cstdint>

#include "arch/numerics/elementwise.h"
#include "arch/numerics/requantize.h"

/// The inner loops of the functional executor, once for each instruction set. Plain pointers and numbers, so that the
/// sources compiled for one instruction set define no function that another could share; see kernels_source.h.
///
/// A *tile* is the input of a conv command as the kernels want it: padding written out, pixels without gaps, every
/// element `element_bytes` wide. A *unit* is 4 bytes: `unit_elements` consecutive elements of a tile, or as many
/// weights of one output channel. Positions are accumulators, in vectors of `lanes`; which channel a position stands
/// for is the business of packed_conv.h.
namespace evenshift::sim {

/// HighWordScale (arch/numerics/high_word_scale.h) of consecutive positions.
/// For each vector: lanes multipliers; lanes/2 addends of the even and lanes/2 of the odd positions; lanes shifts;
/// lanes pre_shifts, or no such array where all of them are 0.
struct HighWordScales {
  const std::int32_t* multipliers = nullptr;
  const std::int64_t* addends = nullptr;
  const std::int32_t* shifts = nullptr;
  const std::int32_t* pre_shifts = nullptr;
};

/// Where accumulators of a block of positions go: to codes (`fused`), or to an array of accumulators.
struct BlockOutput {
  bool fused = false;
  std::int64_t channels = 0;  ///< codes to write at each pixel
  std::uint8_t* codes = nullptr;
  std::int64_t row_stride = 0, pixel_stride = 0;  ///< of codes, in bytes
  HighWordScales scales;
  std::int8_t low = -128, high = 127;
  std::int32_t* accumulators = nullptr;
  std::int64_t accumulator_stride = 0;  ///< from one pixel to the next, pixels of all rows being consecutive
};

/// acc[pixel][position] = initial[pixel · initial_stride + position] + Σ over runs and their units of tile · weights.
struct GemmTask {
  std::int64_t height = 1, width = 1;         ///< output pixels
  const std::uint8_t* tile = nullptr;         ///< first element of the first window
  std::int64_t row_step = 0, pixel_step = 0;  ///< bytes from one window to the next
  const std::int64_t* run_offsets = nullptr;  ///< bytes from the begin of a window
  std::int64_t runs = 1, run_units = 1;
  const std::int32_t* weights = nullptr;  ///< units [runs][run_units][vectors · lanes]
  std::int64_t vectors = 1;               ///< 1 to Kernels::max_vectors
  const std::int32_t* initial = nullptr;
  std::int64_t initial_stride = 0;
  BlockOutput output;
};

/// acc[pixel][position] = initial[position] + Σ over taps of tile · weights, every channel alone.
struct DepthwiseTask {
  std::int64_t height = 1, width = 1;  ///< output pixels
  std::int64_t kernel_height = 1, kernel_width = 1, stride_width = 1, dilation_width = 1;
  const std::uint8_t* tile = nullptr;     ///< first element of the block in the first window
  std::int64_t tile_width = 1;            ///< pixels that a row of windows reads
  std::int64_t row_step = 0;              ///< bytes from the windows of one output row to the next
  std::int64_t tap_row_bytes = 0;         ///< from one kernel row to the next
  std::int64_t pixel_bytes = 0;           ///< from one pixel of the tile to the next
  const std::int32_t* weights = nullptr;  ///< units [kernel_width][ceil(kernel_height / unit_elements)][block]
  const std::int32_t* initial = nullptr;
  std::int32_t* workspace = nullptr;  ///< tile_width · ceil(kernel_height / unit_elements) · block units
  BlockOutput output;
};

/// What the elements of a tile are: codes + offset, widened to element_bytes.
struct Elements {
  std::int32_t offset = 0;
  void (*widen)(std::uint8_t* elements, const std::uint8_t* codes, std::int64_t count) = nullptr;
};

/// One instruction set's inner loops and the layouts that they want.
struct Kernels {
  std::int64_t lanes = 4;              ///< accumulators in a vector
  std::int64_t unit_elements = 2;      ///< elements in 4 bytes
  std::int64_t element_bytes = 2;      ///< of a tile
  std::int64_t max_vectors = 2;        ///< of a GemmTask
  std::int64_t depthwise_vectors = 2;  ///< of a DepthwiseTask's block; see depthwise_channel
  bool fuses = false;                  ///< BlockOutput::fused may be set

  Elements gemm_elements, depthwise_elements;
  void (*gemm)(const GemmTask&) = nullptr;
  void (*depthwise)(const DepthwiseTask&) = nullptr;
  /// codes[i] = requantize(accumulators[i], scales[i], range, mode).
  void (*requantize)(std::uint8_t* codes, const std::int32_t* accumulators, const FixedPointScale* scales,
                     std::int64_t count, const OutputRange& range, RoundingMode mode) = nullptr;
  /// out[i] = add(a[i], b[i], …). `out` may be `a` or `b`.
  void (*add)(std::int8_t* out, const std::int8_t* a, const std::int8_t* b, std::int64_t count, const AddScales& scales,
              const OutputRange& range, RoundingMode mode) = nullptr;
  /// out[i] = multiply(a[i], b[i], …). `out` may be `a` or `b`.
  void (*multiply)(std::int8_t* out, const std::int8_t* a, const std::int8_t* b, std::int64_t count,
                   const MultiplyScales& scales, const OutputRange& range, RoundingMode mode) = nullptr;
  /// out[c] = the greatest of taps[t][c] and -128, clamped.
  void (*max_taps)(std::int8_t* out, const std::int8_t* const* taps, std::int64_t tap_count, std::int64_t channels,
                   std::int32_t low, std::int32_t high) = nullptr;
  /// out[c] = rescale(Σ (taps[t][c] - zero_point), multiplier, shift, range, mode).
  void (*sum_taps)(std::int8_t* out, const std::int8_t* const* taps, std::int64_t tap_count, std::int64_t channels,
                   std::int32_t zero_point, std::int32_t multiplier, int shift, const OutputRange& range,
                   RoundingMode mode) = nullptr;
};

/// Channel of a depthwise block that position `lane` of vector `vector` stands for: where interleaving rows of bytes
/// within 128-bit lanes leaves it.
constexpr std::int64_t depthwise_channel(std::int64_t vectors, std::int64_t vector, std::int64_t lane) {
  return 4 * vectors * (lane / 4) + 4 * vector + lane % 4;
}

const Kernels& generic_kernels();
const Kernels& avx2_kernels();
const Kernels& avx512_vnni_kernels();
const Kernels& avx512_amx_kernels();

}  // namespace evenshift::sim

#if defined(__AMX_INT8__) && defined(__AMX_TILE__) && defined(__AVX512VNNI__) && defined(__AVX512BW__)
#include "sim/functional/isa_avx512.h"
#include "sim/functional/kernels_source.h"

namespace evenshift::sim {
namespace {

/// Pixels of a tile register, and units of a tile's row.
constexpr int kTileRows = 16;
constexpr int kTileUnits = 16;

/// What ldtilecfg reads. Registers 0 to 3 hold accumulators, 4 and 5 elements, 6 and 7 weights; the second of each pair
/// what is left of a run after whole tiles.
struct alignas(64) TileConfiguration {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {};
  std::uint8_t rows[16] = {};
};

void configure_tiles(std::int64_t pixels, std::int64_t left_units) {
  TileConfiguration configuration;
  for (int accumulator = 0; accumulator < 4; ++accumulator) {
    configuration.rows[accumulator] = static_cast<std::uint8_t>(pixels);
    configuration.row_bytes[accumulator] = 64;
  }
  const std::int64_t units[2] = {kTileUnits, left_units > 0 ? left_units : kTileUnits};
  for (int i = 0; i < 2; ++i) {
    configuration.rows[4 + i] = static_cast<std::uint8_t>(pixels);
    configuration.row_bytes[4 + i] = static_cast<std::uint16_t>(kUnitBytes * units[i]);
    configuration.rows[6 + i] = static_cast<std::uint8_t>(units[i]);
    configuration.row_bytes[6 + i] = 64;
  }
  __asm__ volatile("" : : "r"(&configuration) : "memory");  // the header's operand names but 8 of the 64 bytes
  _tile_loadconfig(&configuration);
}

/// accumulators += elements · weights, one tile of each run.
template <int Vectors>
inline void multiply_whole(const std::uint8_t* elements, std::int64_t pixel_step, const std::int32_t* weights) {
  constexpr std::int64_t kStride = Vectors * 64;
  _tile_loadd(4, elements, pixel_step);
  _tile_loadd(6, weights, kStride);
  _tile_dpbssd(0, 4, 6);
  if constexpr (Vectors > 1) {
    _tile_loadd(6, weights + kVecUnits, kStride);
    _tile_dpbssd(1, 4, 6);
  }
  if constexpr (Vectors > 2) {
    _tile_loadd(6, weights + 2 * kVecUnits, kStride);
    _tile_dpbssd(2, 4, 6);
  }
  if constexpr (Vectors > 3) {
    _tile_loadd(6, weights + 3 * kVecUnits, kStride);
    _tile_dpbssd(3, 4, 6);
  }
}

template <int Vectors>
inline void multiply_left(const std::uint8_t* elements, std::int64_t pixel_step, const std::int32_t* weights) {
  constexpr std::int64_t kStride = Vectors * 64;
  _tile_loadd(5, elements, pixel_step);
  _tile_loadd(7, weights, kStride);
  _tile_dpbssd(0, 5, 7);
  if constexpr (Vectors > 1) {
    _tile_loadd(7, weights + kVecUnits, kStride);
    _tile_dpbssd(1, 5, 7);
  }
  if constexpr (Vectors > 2) {
    _tile_loadd(7, weights + 2 * kVecUnits, kStride);
    _tile_dpbssd(2, 5, 7);
  }
  if constexpr (Vectors > 3) {
    _tile_loadd(7, weights + 3 * kVecUnits, kStride);
    _tile_dpbssd(3, 5, 7);
  }
}

template <int Vectors>
inline void load_accumulators(const std::int32_t* from, std::int64_t row_bytes) {
  _tile_loadd(0, from, row_bytes);
  if constexpr (Vectors > 1) _tile_loadd(1, from + kVecUnits, row_bytes);
  if constexpr (Vectors > 2) _tile_loadd(2, from + 2 * kVecUnits, row_bytes);
  if constexpr (Vectors > 3) _tile_loadd(3, from + 3 * kVecUnits, row_bytes);
}

template <int Vectors>
inline void store_accumulators(std::int32_t* to, std::int64_t row_bytes) {
  _tile_stored(0, to, row_bytes);
  if constexpr (Vectors > 1) _tile_stored(1, to + kVecUnits, row_bytes);
  if constexpr (Vectors > 2) _tile_stored(2, to + 2 * kVecUnits, row_bytes);
  if constexpr (Vectors > 3) _tile_stored(3, to + 3 * kVecUnits, row_bytes);
}

/// A block of up to 16 pixels of one row, `pixels` being what the tiles are configured for.
template <int Vectors>
void multiply_tile(const GemmTask& task, const GemmPlace& place, std::int64_t pixels) {
  load_accumulators<Vectors>(place.initial, 4 * task.initial_stride);
  const std::int32_t* weights = task.weights;
  for (std::int64_t run = 0; run < task.runs; ++run) {
    const std::uint8_t* elements = place.window + task.run_offsets[run];
    std::int64_t units = task.run_units;
    for (; units >= kTileUnits; units -= kTileUnits) {
      multiply_whole<Vectors>(elements, task.pixel_step, weights);
      elements += kTileUnits * kUnitBytes;
      weights += kTileUnits * Vectors * kVecUnits;
    }
    if (units > 0) {
      multiply_left<Vectors>(elements, task.pixel_step, weights);
      weights += units * Vectors * kVecUnits;
    }
  }
  if (!task.output.fused) {
    store_accumulators<Vectors>(place.accumulators, 4 * task.output.accumulator_stride);
    return;
  }
  alignas(64) std::int32_t accumulators[kTileRows * Vectors * kVecUnits];
  store_accumulators<Vectors>(accumulators, Vectors * 64);
  const Isa::Range range = Isa::range(task.output.low, task.output.high, task.output.channels);
  ScaleVecs by[Vectors];
#pragma GCC unroll 4
  for (int j = 0; j < Vectors; ++j) by[j] = load_scales(task.output.scales, j);
  const std::int32_t* row = accumulators;
  std::uint8_t* codes = place.codes;
  for (std::int64_t i = 0; i < pixels; ++i, row += Vectors * kVecUnits, codes += task.output.pixel_stride) {
    Vec acc[Vectors];
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; ++j) acc[j] = Isa::load(row + j * kVecUnits);
    pre_shift<Vectors>(task.output.scales, acc);
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; ++j) acc[j] = scale(acc[j], by[j]);
    Isa::store_codes<Vectors>(codes, acc, range);
  }
}

/// Blocks of 16 pixels of every row first, then what is left of the rows.
template <int Vectors>
void multiply_tiles(const GemmTask& given) {
  const GemmTask task = given;
  const std::int64_t left_pixels = task.width % kTileRows;
  for (const std::int64_t pixels : {std::int64_t{kTileRows}, left_pixels}) {
    const std::int64_t first = pixels == kTileRows ? 0 : task.width - left_pixels;
    if (pixels == 0 || first + pixels > task.width) continue;
    configure_tiles(pixels, task.run_units % kTileUnits);
    for (std::int64_t y = 0; y < task.height; ++y)
      for (std::int64_t x = first; x + pixels <= task.width; x += kTileRows) {
        const std::int64_t pixel = y * task.width + x;
        multiply_tile<Vectors>(
            task,
            {task.tile + y * task.row_step + x * task.pixel_step, task.initial + pixel * task.initial_stride,
             task.output.codes + y * task.output.row_stride + x * task.output.pixel_stride,
             task.output.accumulators + pixel * task.output.accumulator_stride},
            pixels);
      }
  }
  _tile_release();
}

void gemm_by_tiles(const GemmTask& task) {
  switch (task.vectors) {
    case 4:
      return multiply_tiles<4>(task);
    case 3:
      return multiply_tiles<3>(task);
    case 2:
      return multiply_tiles<2>(task);
    default:
      return multiply_tiles<1>(task);
  }
}

void copy_codes(std::uint8_t* elements, const std::uint8_t* codes, std::int64_t count) {
  std::memcpy(elements, codes, static_cast<std::size_t>(count));
}

/// Tiles multiply signed by signed bytes, so that a matrix product needs no offset.
constexpr Kernels with_tiles() {
  Kernels kernels = kKernels;
  kernels.gemm = gemm_by_tiles;
  kernels.gemm_elements = {0, copy_codes};
  return kernels;
}
constexpr Kernels kTileKernels = with_tiles();

}  // namespace

const Kernels& avx512_amx_kernels() { return kTileKernels; }
}  // namespace evenshift::sim
#else
#include "sim/functional/kernels.h"

namespace evenshift::sim {
const Kernels& avx512_amx_kernels() { return generic_kernels(); }  // never asked for: is_supported says no
}  // namespace evenshift::sim
#endif

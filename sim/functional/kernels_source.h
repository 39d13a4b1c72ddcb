// No include guard on purpose: kernels_<instruction set>.cpp includes this once, after it has defined `struct Isa` in
// an unnamed namespace and with the compiler flags of that instruction set.
//
// Code compiled for one instruction set must not be what the linker picks for another. So everything here has internal
// linkage, nothing of the standard library's templates is called, and the inline functions of shared headers (the
// arithmetic of arch/numerics) are called from `flatten` functions alone, which leaves no copy of them to share. A test
// checks that these objects export nothing but their `…_kernels` function.
#include <cstring>

#include "sim/functional/kernels.h"

namespace evenshift::sim {
namespace {

using Vec = Isa::Vec;

constexpr std::int64_t kUnitBytes = 4;
constexpr std::int64_t kVecUnits = Isa::kLanes;

/// Pixels that a micro-kernel of `vectors` vectors takes at once: what the registers hold.
constexpr int rows_at_once(int vectors) { return Isa::kRowsAtOnce[vectors]; }

struct ScaleVecs {
  Vec multipliers, odd_multipliers, even_addends, odd_addends, shifts;
};

inline ScaleVecs load_scales(const HighWordScales& scales, std::int64_t vector) {
  ScaleVecs loaded;
  loaded.multipliers = Isa::load(scales.multipliers + vector * kVecUnits);
  loaded.odd_multipliers = Isa::odd_to_even(loaded.multipliers);
  loaded.even_addends = Isa::load(scales.addends + vector * kVecUnits);
  loaded.odd_addends = Isa::load(scales.addends + vector * kVecUnits + kVecUnits / 2);
  loaded.shifts = Isa::load(scales.shifts + vector * kVecUnits);
  return loaded;
}

/// acc << pre_shift in `Vectors` vectors.
template <int Vectors>
inline void pre_shift(const HighWordScales& scales, Vec* acc) {
  if (scales.pre_shifts == nullptr) return;
#pragma GCC unroll 4
  for (int j = 0; j < Vectors; ++j) acc[j] = Isa::shift_left(acc[j], Isa::load(scales.pre_shifts + j * kVecUnits));
}

/// requantize(acc << pre_shift, HighWordScale, …) of arch/numerics/high_word_scale.h in every lane, before the clamp.
inline Vec scale(Vec acc, const ScaleVecs& by) {
  const Vec even = Isa::add64(Isa::multiply_even(acc, by.multipliers), by.even_addends);
  const Vec odd = Isa::add64(Isa::multiply_even(Isa::odd_to_even(acc), by.odd_multipliers), by.odd_addends);
  return Isa::shift_right(Isa::high_words(even, odd), by.shifts);
}

/// Where a run of pixels of one row begins, in each of the arrays.
struct GemmPlace {
  const std::uint8_t* window = nullptr;
  const std::int32_t* initial = nullptr;
  std::uint8_t* codes = nullptr;
  std::int32_t* accumulators = nullptr;
};

/// One micro-kernel: Rows pixels, `pixel_step` apart, of Vectors vectors.
template <int Rows, int Vectors>
inline void multiply_block(const GemmTask& task, const GemmPlace& place, const Isa::Range& range) {
  Vec acc[Rows][Vectors];
#pragma GCC unroll 16
  for (int i = 0; i < Rows; ++i)
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; ++j) acc[i][j] = Isa::load(place.initial + i * task.initial_stride + j * kVecUnits);

  const std::int32_t* weights = task.weights;
  const std::int64_t step = task.pixel_step;
  const std::int64_t units = task.run_units;
  for (std::int64_t run = 0; run < task.runs; ++run) {
    const std::uint8_t* elements = place.window + task.run_offsets[run];
    for (std::int64_t unit = 0; unit < units; ++unit, elements += kUnitBytes, weights += Vectors * kVecUnits) {
      Vec w[Vectors];
#pragma GCC unroll 4
      for (int j = 0; j < Vectors; ++j) w[j] = Isa::load(weights + j * kVecUnits);
#pragma GCC unroll 16
      for (int i = 0; i < Rows; ++i) {
        const Vec a = Isa::broadcast(elements + i * step);
#pragma GCC unroll 4
        for (int j = 0; j < Vectors; ++j) acc[i][j] = Isa::dot(acc[i][j], a, w[j]);
      }
    }
  }

  if constexpr (Isa::kFuses) {
    if (task.output.fused) {
#pragma GCC unroll 16
      for (int i = 0; i < Rows; ++i) pre_shift<Vectors>(task.output.scales, acc[i]);
#pragma GCC unroll 4
      for (int j = 0; j < Vectors; ++j) {
        const ScaleVecs by = load_scales(task.output.scales, j);
#pragma GCC unroll 16
        for (int i = 0; i < Rows; ++i) acc[i][j] = scale(acc[i][j], by);
      }
#pragma GCC unroll 16
      for (int i = 0; i < Rows; ++i)
        Isa::store_codes<Vectors>(place.codes + i * task.output.pixel_stride, acc[i], range);
      return;
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < Rows; ++i)
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; ++j)
      Isa::store(place.accumulators + i * task.output.accumulator_stride + j * kVecUnits, acc[i][j]);
}

/// `blocks` micro-kernels, one after the other in a row of pixels.
template <int Rows, int Vectors>
void multiply_blocks(const GemmTask& given, GemmPlace place, std::int64_t blocks) {
  const GemmTask task = given;  // no store can reach a local copy, so that it stays in registers
  const Isa::Range range = Isa::range(task.output.low, task.output.high, task.output.channels);
  for (std::int64_t block = 0; block < blocks; ++block) {
    multiply_block<Rows, Vectors>(task, place, range);
    place.window += Rows * task.pixel_step;
    place.initial += Rows * task.initial_stride;
    place.codes += Rows * task.output.pixel_stride;
    place.accumulators += Rows * task.output.accumulator_stride;
  }
}

using MultiplyBlocks = void (*)(const GemmTask&, GemmPlace, std::int64_t);

template <int Vectors, int... Rows>
constexpr MultiplyBlocks multiply_blocks_of(std::int64_t rows, std::integer_sequence<int, Rows...>) {
  constexpr MultiplyBlocks kBlocks[] = {multiply_blocks<Rows + 1, Vectors>...};
  return kBlocks[rows - 1];
}

/// All pixels of a task, each row cut into blocks of as equal numbers of pixels as can be: `larger` blocks of rows + 1
/// pixels, the others of `rows`.
template <int Vectors>
void multiply_rows(const GemmTask& task) {
  constexpr int kRows = rows_at_once(Vectors);
  constexpr auto kAllRows = std::make_integer_sequence<int, kRows>();
  const std::int64_t blocks = (task.width + kRows - 1) / kRows;
  const std::int64_t rows = task.width / blocks;
  const std::int64_t larger = task.width % blocks;
  for (std::int64_t y = 0; y < task.height; ++y) {
    const auto place_at = [&](std::int64_t x) {
      const std::int64_t pixel = y * task.width + x;
      return GemmPlace{task.tile + y * task.row_step + x * task.pixel_step, task.initial + pixel * task.initial_stride,
                       task.output.codes + y * task.output.row_stride + x * task.output.pixel_stride,
                       task.output.accumulators + pixel * task.output.accumulator_stride};
    };
    if (larger > 0) multiply_blocks_of<Vectors>(rows + 1, kAllRows)(task, place_at(0), larger);
    multiply_blocks_of<Vectors>(rows, kAllRows)(task, place_at(larger * (rows + 1)), blocks - larger);
  }
}

void gemm(const GemmTask& task) {
  if constexpr (Isa::kMaxVectors >= 4) {
    if (task.vectors == 4) return multiply_rows<4>(task);
    if (task.vectors == 3) return multiply_rows<3>(task);
  }
  if (task.vectors == 2) return multiply_rows<2>(task);
  multiply_rows<1>(task);
}

}  // namespace
}  // namespace evenshift::sim

#include "sim/functional/depthwise_source.h"

namespace evenshift::sim {
namespace {

/// Calls body.template operator()<Mode>() for the mode, so that loops know it.
template <typename Body>
[[gnu::always_inline]] inline void with_mode(RoundingMode mode, Body&& body) {
  switch (mode) {
    case RoundingMode::half_up:
      return body.template operator()<RoundingMode::half_up>();
    case RoundingMode::half_away:
      return body.template operator()<RoundingMode::half_away>();
    case RoundingMode::half_even:
      return body.template operator()<RoundingMode::half_even>();
    case RoundingMode::truncate:
      return body.template operator()<RoundingMode::truncate>();
    case RoundingMode::tflite_double:
      return body.template operator()<RoundingMode::tflite_double>();
  }
}

[[gnu::flatten]] void requantize_codes(std::uint8_t* codes, const std::int32_t* accumulators,
                                       const FixedPointScale* scales, std::int64_t count, const OutputRange& range,
                                       RoundingMode mode) {
  const OutputRange local = range;
  with_mode(mode, [&]<RoundingMode Mode>() {
    for (std::int64_t i = 0; i < count; ++i)
      codes[i] = static_cast<std::uint8_t>(requantize(accumulators[i], scales[i], local, Mode));
  });
}

[[gnu::flatten]] void add_codes(std::int8_t* out, const std::int8_t* a, const std::int8_t* b, std::int64_t count,
                                const AddScales& scales, const OutputRange& range, RoundingMode mode) {
  const AddScales local = scales;
  const OutputRange local_range = range;
  with_mode(mode, [&]<RoundingMode Mode>() {
#pragma GCC ivdep
    for (std::int64_t i = 0; i < count; ++i) out[i] = add(a[i], b[i], local, local_range, Mode);
  });
}

[[gnu::flatten]] void multiply_codes(std::int8_t* out, const std::int8_t* a, const std::int8_t* b, std::int64_t count,
                                     const MultiplyScales& scales, const OutputRange& range, RoundingMode mode) {
  const MultiplyScales local = scales;
  const OutputRange local_range = range;
  with_mode(mode, [&]<RoundingMode Mode>() {
#pragma GCC ivdep
    for (std::int64_t i = 0; i < count; ++i) out[i] = multiply(a[i], b[i], local, local_range, Mode);
  });
}

[[gnu::flatten]] void max_taps(std::int8_t* out, const std::int8_t* const* taps, std::int64_t tap_count,
                               std::int64_t channels, std::int32_t low, std::int32_t high) {
  constexpr std::int64_t kChunk = 64;
  for (std::int64_t first = 0; first < channels; first += kChunk) {
    const std::int64_t count = channels - first < kChunk ? channels - first : kChunk;
    std::int8_t greatest[kChunk];
    std::memset(greatest, -128, kChunk);
    for (std::int64_t t = 0; t < tap_count; ++t) {
      const std::int8_t* tap = taps[t] + first;
      for (std::int64_t c = 0; c < count; ++c) greatest[c] = greatest[c] < tap[c] ? tap[c] : greatest[c];
    }
    for (std::int64_t c = 0; c < count; ++c)
      out[first + c] = static_cast<std::int8_t>(clamp_to(greatest[c], low, high));
  }
}

[[gnu::flatten]] void sum_taps(std::int8_t* out, const std::int8_t* const* taps, std::int64_t tap_count,
                               std::int64_t channels, std::int32_t zero_point, std::int32_t multiplier, int shift,
                               const OutputRange& range, RoundingMode mode) {
  constexpr std::int64_t kChunk = 64;
  const OutputRange local = range;
  for (std::int64_t first = 0; first < channels; first += kChunk) {
    const std::int64_t count = channels - first < kChunk ? channels - first : kChunk;
    std::int32_t sums[kChunk] = {};
    for (std::int64_t t = 0; t < tap_count; ++t) {
      const std::int8_t* tap = taps[t] + first;
      for (std::int64_t c = 0; c < count; ++c) sums[c] += tap[c] - zero_point;
    }
    with_mode(mode, [&]<RoundingMode Mode>() {
      for (std::int64_t c = 0; c < count; ++c) out[first + c] = rescale(sums[c], multiplier, shift, local, Mode);
    });
  }
}

constexpr Kernels kKernels = {
    .lanes = Isa::kLanes,
    .unit_elements = Isa::kUnitElements,
    .element_bytes = kUnitBytes / Isa::kUnitElements,
    .max_vectors = Isa::kMaxVectors,
    .depthwise_vectors = Isa::kDepthwiseVectors,
    .fuses = Isa::kFuses,
    .gemm_elements = {Isa::kOffset, Isa::widen},
    .depthwise_elements = {Isa::kOffset, Isa::widen},
    .gemm = gemm,
    .depthwise = depthwise,
    .requantize = requantize_codes,
    .add = add_codes,
    .multiply = multiply_codes,
    .max_taps = max_taps,
    .sum_taps = sum_taps,
};

}  // namespace
}  // namespace evenshift::sim

#include "compiler/reference/matrix_product.h"

#include <algorithm>
#include <cstring>
#include <vector>

// The same source for every instruction set; without contraction all give the same bytes.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#define EVENSHIFT_EVERY_INSTRUCTION_SET __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define EVENSHIFT_EVERY_INSTRUCTION_SET
#endif

namespace evenshift::compiler {
namespace {

// A tile of c stays in registers while a slice of the depth passes; panels of a and b lie packed in the caches.
constexpr std::int64_t kTileRows = 8;
constexpr std::int64_t kTileColumns = 32;
constexpr std::int64_t kSliceDepth = 256;
constexpr std::int64_t kBlockColumns = 512;

struct Tile {
  std::int64_t depth;
  const float* a;  ///< [depth][kTileRows]
  const float* b;  ///< [depth][kTileColumns]
  float* c;
  std::int64_t c_stride;
};
using TileKernel = void (*)(const Tile& tile);

template <int kLanes>
struct Vectors;
template <>
struct Vectors<4> {
  using Type [[gnu::vector_size(16)]] = float;
};
template <>
struct Vectors<8> {
  using Type [[gnu::vector_size(32)]] = float;
};
template <>
struct Vectors<16> {
  using Type [[gnu::vector_size(64)]] = float;
};

/// Rows [row, row + kRows) and two vectors of columns from `column`.
template <int kLanes, int kRows>
[[gnu::always_inline]] inline void multiply_part(const Tile& tile, std::int64_t row, std::int64_t column) {
  using Vector = typename Vectors<kLanes>::Type;
  Vector sums[kRows][2];
  for (int r = 0; r < kRows; ++r)
    for (int v = 0; v < 2; ++v)
      std::memcpy(&sums[r][v], tile.c + (row + r) * tile.c_stride + column + v * kLanes, sizeof(Vector));
  const float* a = tile.a + row;
  const float* b = tile.b + column;
  for (std::int64_t k = 0; k < tile.depth; ++k, a += kTileRows, b += kTileColumns) {
    Vector values[2];
    std::memcpy(values, b, sizeof(values));
    for (int r = 0; r < kRows; ++r)
      for (int v = 0; v < 2; ++v) sums[r][v] += a[r] * values[v];
  }
  for (int r = 0; r < kRows; ++r)
    for (int v = 0; v < 2; ++v)
      std::memcpy(tile.c + (row + r) * tile.c_stride + column + v * kLanes, &sums[r][v], sizeof(Vector));
}

template <int kLanes, int kRows>
[[gnu::always_inline]] inline void multiply_parts(const Tile& tile) {
  for (std::int64_t row = 0; row < kTileRows; row += kRows)
    for (std::int64_t column = 0; column < kTileColumns; column += 2 * kLanes)
      multiply_part<kLanes, kRows>(tile, row, column);
}

[[gnu::target("avx512f")]] void multiply_avx512(const Tile& tile) { multiply_parts<16, 8>(tile); }
[[gnu::target("avx2")]] void multiply_avx2(const Tile& tile) { multiply_parts<8, 4>(tile); }
void multiply_sse(const Tile& tile) { multiply_parts<4, 4>(tile); }

TileKernel choose_kernel() {
  if (__builtin_cpu_supports("avx512f")) return multiply_avx512;
  if (__builtin_cpu_supports("avx2")) return multiply_avx2;
  return multiply_sse;
}

/// packed[depth][width]: `count` lines of the matrix that lie `line_stride` apart, 0 beyond them.
void pack(const float* data, std::int64_t line_stride, std::int64_t depth_stride, std::int64_t count,
          std::int64_t depth, std::int64_t width, float* packed) {
  if (count < width) std::fill_n(packed, depth * width, 0.0F);
  if (line_stride == 1) {
    for (std::int64_t k = 0; k < depth; ++k) std::copy_n(data + k * depth_stride, count, packed + k * width);
    return;
  }
  for (std::int64_t line = 0; line < count; ++line)
    for (std::int64_t k = 0; k < depth; ++k) packed[k * width + line] = data[line * line_stride + k * depth_stride];
}

/// A tile that reaches beyond c is computed aside.
void multiply_tile(TileKernel kernel, Tile tile, std::int64_t rows, std::int64_t columns) {
  if (rows == kTileRows && columns == kTileColumns) {
    kernel(tile);
    return;
  }
  float aside[kTileRows * kTileColumns] = {};
  float* const c = tile.c;
  const std::int64_t c_stride = tile.c_stride;
  for (std::int64_t r = 0; r < rows; ++r) std::copy_n(c + r * c_stride, columns, aside + r * kTileColumns);
  tile.c = aside;
  tile.c_stride = kTileColumns;
  kernel(tile);
  for (std::int64_t r = 0; r < rows; ++r) std::copy_n(aside + r * kTileColumns, columns, c + r * c_stride);
}

/// y += a · x for four lines of x, one after the other in every element.
EVENSHIFT_EVERY_INSTRUCTION_SET
void add_scaled_lines(const float* a, std::int64_t a_stride, const float* x, std::int64_t x_stride, std::int64_t count,
                      float* y) {
  const float* x1 = x + x_stride;
  const float* x2 = x1 + x_stride;
  const float* x3 = x2 + x_stride;
  const float a0 = a[0], a1 = a[a_stride], a2 = a[2 * a_stride], a3 = a[3 * a_stride];
  for (std::int64_t i = 0; i < count; ++i) y[i] = (((y[i] + a0 * x[i]) + a1 * x1[i]) + a2 * x2[i]) + a3 * x3[i];
}

EVENSHIFT_EVERY_INSTRUCTION_SET
void add_scaled_line(float a, const float* x, std::int64_t count, float* y) {
  for (std::int64_t i = 0; i < count; ++i) y[i] += a * x[i];
}

/// Few rows do not pay for packing b, which is read line by line.
void multiply_add_rows(const MatrixSizes& sizes, const MatrixView& a, const MatrixView& b, float* c,
                       std::int64_t c_stride) {
  for (std::int64_t m = 0; m < sizes.rows; ++m, c += c_stride) {
    const float* factors = a.data + m * a.row_stride;
    std::int64_t k = 0;
    for (; k + 4 <= sizes.depth; k += 4)
      add_scaled_lines(factors + k * a.column_stride, a.column_stride, b.data + k * b.row_stride, b.row_stride,
                       sizes.columns, c);
    for (; k < sizes.depth; ++k)
      add_scaled_line(factors[k * a.column_stride], b.data + k * b.row_stride, sizes.columns, c);
  }
}

}  // namespace

void multiply_add(const MatrixSizes& sizes, const MatrixView& a, const MatrixView& b, float* c, std::int64_t c_stride) {
  if (sizes.rows < kTileRows / 2 && b.column_stride == 1) return multiply_add_rows(sizes, a, b, c, c_stride);
  static const TileKernel kernel = choose_kernel();
  thread_local std::vector<float> a_panel(static_cast<std::size_t>(kTileRows * kSliceDepth));
  thread_local std::vector<float> b_panels(static_cast<std::size_t>(kBlockColumns * kSliceDepth));
  for (std::int64_t k = 0; k < sizes.depth; k += kSliceDepth) {
    const std::int64_t depth = std::min(kSliceDepth, sizes.depth - k);
    for (std::int64_t first = 0; first < sizes.columns; first += kBlockColumns) {
      const std::int64_t columns = std::min(kBlockColumns, sizes.columns - first);
      for (std::int64_t n = 0; n < columns; n += kTileColumns)
        pack(b.data + k * b.row_stride + (first + n) * b.column_stride, b.column_stride, b.row_stride,
             std::min(kTileColumns, columns - n), depth, kTileColumns, b_panels.data() + n * depth);
      for (std::int64_t m = 0; m < sizes.rows; m += kTileRows) {
        const std::int64_t rows = std::min(kTileRows, sizes.rows - m);
        pack(a.data + m * a.row_stride + k * a.column_stride, a.row_stride, a.column_stride, rows, depth, kTileRows,
             a_panel.data());
        for (std::int64_t n = 0; n < columns; n += kTileColumns)
          multiply_tile(kernel,
                        {depth, a_panel.data(), b_panels.data() + n * depth, c + m * c_stride + first + n, c_stride},
                        rows, std::min(kTileColumns, columns - n));
      }
    }
  }
}

EVENSHIFT_EVERY_INSTRUCTION_SET
void subtract_scaled(float factor, const float* x, float* y, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) y[i] -= factor * x[i];
}

}  // namespace evenshift::compiler

#include "compiler/reference/matrix_product.h"

#include <algorithm>
#include <cstring>

// The same source for every instruction set; without contraction all give the same bytes.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#define EVENSHIFT_EVERY_INSTRUCTION_SET __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define EVENSHIFT_EVERY_INSTRUCTION_SET
#endif

namespace evenshift::compiler {
namespace {

constexpr std::size_t kRows = 6;
constexpr std::size_t kColumns = 32;

}  // namespace

EVENSHIFT_EVERY_INSTRUCTION_SET
void matrix_product(const LeftMatrix& left, const float* right, float* out, std::size_t rows, std::size_t inner,
                    std::size_t columns) {
  using Vector [[gnu::vector_size(16 * sizeof(float))]] = float;
  for (std::size_t first_column = 0; first_column < columns; first_column += kColumns) {
    const std::size_t width = std::min(kColumns, columns - first_column);
    for (std::size_t first_row = 0; first_row < rows; first_row += kRows) {
      const std::size_t height = std::min(kRows, rows - first_row);
      Vector sums[kRows][2] = {};
      if (width == kColumns && height == kRows) {
        for (std::size_t k = 0; k < inner; ++k) {
          Vector values[2];
          std::memcpy(values, right + k * columns + first_column, sizeof(values));
          const float* from = left.data + first_row * left.row_stride + k * left.inner_stride;
          for (std::size_t r = 0; r < kRows; ++r) {
            const float factor = from[r * left.row_stride];
            sums[r][0] += factor * values[0];
            sums[r][1] += factor * values[1];
          }
        }
      } else {
        for (std::size_t k = 0; k < inner; ++k) {
          Vector values[2] = {};
          std::memcpy(values, right + k * columns + first_column, width * sizeof(float));
          const float* from = left.data + first_row * left.row_stride + k * left.inner_stride;
          for (std::size_t r = 0; r < height; ++r) {
            const float factor = from[r * left.row_stride];
            sums[r][0] += factor * values[0];
            sums[r][1] += factor * values[1];
          }
        }
      }
      for (std::size_t r = 0; r < height; ++r)
        std::memcpy(out + (first_row + r) * columns + first_column, sums[r], width * sizeof(float));
    }
  }
}

EVENSHIFT_EVERY_INSTRUCTION_SET
void subtract_scaled(float factor, const float* x, float* y, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) y[i] -= factor * x[i];
}

}  // namespace evenshift::compiler

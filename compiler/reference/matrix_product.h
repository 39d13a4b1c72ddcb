#pragma once

#include <cstddef>

namespace evenshift::compiler {

/// The left operand of a product: element (row, inner) lies at data[row · row_stride + inner · inner_stride].
struct LeftMatrix {
  const float* data = nullptr;
  std::size_t row_stride = 0;
  std::size_t inner_stride = 0;
};

/// out[row][column] = Σ_inner left(row, inner) · right[inner][column], row-major, `right` and `out` with `columns`
/// numbers a row. Every sum is taken in the order of `inner`, each product and sum rounded, so that the bytes do not
/// depend on the instruction set, of which the machine's widest is used.
void matrix_product(const LeftMatrix& left, const float* right, float* out, std::size_t rows, std::size_t inner,
                    std::size_t columns);

/// y[i] -= factor · x[i].
void subtract_scaled(float factor, const float* x, float* y, std::size_t count);

}  // namespace evenshift::compiler

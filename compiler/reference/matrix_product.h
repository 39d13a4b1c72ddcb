#pragma once

#include <cstddef>
#include <cstdint>

namespace evenshift::compiler {

/// A matrix in memory: element (r, c) is data[r · row_stride + c · column_stride].
struct MatrixView {
  const float* data = nullptr;
  std::int64_t row_stride = 0;
  std::int64_t column_stride = 1;

  [[nodiscard]] MatrixView transposed() const { return {data, column_stride, row_stride}; }
};

struct MatrixSizes {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t depth = 0;
};

/// c[m][n] = ((c[m][n] + a[m][0] · b[0][n]) + a[m][1] · b[1][n]) + …, each product and sum rounded: the same bytes for
/// every instruction set, of which the machine's widest is used, and for rows alone or together. Rows of c lie c_stride
/// apart. Computes in the caller's thread.
void multiply_add(const MatrixSizes& sizes, const MatrixView& a, const MatrixView& b, float* c, std::int64_t c_stride);

/// y[i] -= factor · x[i].
void subtract_scaled(float factor, const float* x, float* y, std::size_t count);

}  // namespace evenshift::compiler

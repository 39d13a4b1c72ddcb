#include "compiler/reference/host_operators.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace evenshift::compiler {
namespace {

/// Taps of output position `at` that lie inside [0, size).
struct Taps {
  std::int64_t first = 0;
  std::int64_t end = 0;
  std::int64_t origin = 0;
  [[nodiscard]] std::int64_t count() const { return std::max<std::int64_t>(end - first, 0); }
};

Taps taps_inside(std::int64_t at, std::int64_t size, std::int64_t kernel, std::int64_t stride, std::int64_t dilation,
                 std::int64_t pad_before) {
  Taps taps;
  taps.origin = at * stride - pad_before;
  taps.first = taps.origin >= 0 ? 0 : (-taps.origin + dilation - 1) / dilation;
  taps.end = taps.origin >= size ? 0 : std::min(kernel, (size - 1 - taps.origin) / dilation + 1);
  return taps;
}

Taps rows_inside(std::int64_t y, const Shape& in, const Window& w) {
  return taps_inside(y, in.height, w.kernel_height, w.stride_height, w.dilation_height, w.pad_top);
}

Taps columns_inside(std::int64_t x, const Shape& in, const Window& w) {
  return taps_inside(x, in.width, w.kernel_width, w.stride_width, w.dilation_width, w.pad_left);
}

/// to[c][y][x] = finish(fold of step over the taps inside, number of taps inside).
template <typename Fold, typename Finish>
void pool(const Window& w, const Shape& in, const Shape& out, const float* from, float* to, float start, Fold&& step,
          Finish&& finish) {
  for (std::int64_t c = 0; c < in.channels; ++c, from += in.height * in.width)
    for (std::int64_t y = 0; y < out.height; ++y) {
      const Taps rows = rows_inside(y, in, w);
      for (std::int64_t x = 0; x < out.width; ++x) {
        const Taps columns = columns_inside(x, in, w);
        float value = start;
        for (std::int64_t ky = rows.first; ky < rows.end; ++ky)
          for (std::int64_t kx = columns.first; kx < columns.end; ++kx)
            value =
                step(value,
                     from[(rows.origin + ky * w.dilation_height) * in.width + columns.origin + kx * w.dilation_width]);
        *to++ = finish(value, rows.count() * columns.count());
      }
    }
}

}  // namespace

bool is_usual_padding(const Shape& in, const Window& w) {
  const Shape out = window_output(in, w);
  const std::int64_t kernel_height = (w.kernel_height - 1) * w.dilation_height + 1;
  const std::int64_t kernel_width = (w.kernel_width - 1) * w.dilation_width + 1;
  if (w.pad_top >= kernel_height || w.pad_bottom >= kernel_height || w.pad_left >= kernel_width ||
      w.pad_right >= kernel_width)
    return false;
  return rows_inside(0, in, w).count() > 0 && columns_inside(0, in, w).count() > 0 &&
         rows_inside(out.height - 1, in, w).count() > 0 && columns_inside(out.width - 1, in, w).count() > 0;
}

void max_pool(const MaxPool& op, const Shape& in, const Shape& out, const float* from, float* to) {
  pool(
      op.window, in, out, from, to, std::numeric_limits<float>::lowest(),
      [](float greatest, float value) { return std::max(greatest, value); },
      [](float greatest, std::int64_t) { return greatest; });
}

void average_pool(const AveragePool& op, const Shape& in, const Shape& out, const float* from, float* to) {
  const std::int64_t whole = op.window.kernel_height * op.window.kernel_width;
  pool(
      op.window, in, out, from, to, 0.0F, [](float sum, float value) { return sum + value; },
      [&](float sum, std::int64_t taps) {
        const std::int64_t divisor = op.count_padding ? whole : std::max<std::int64_t>(taps, 1);
        const double average = sum / static_cast<double>(divisor);
        return static_cast<float>(std::min(std::max(average, op.clamp.low), op.clamp.high));
      });
}

void parametric_relu(const ParametricRelu& op, const Shape& in, const float* from, float* to) {
  const std::int64_t pixels = in.height * in.width;
  for (std::int64_t c = 0; c < in.channels; ++c)
    for (std::int64_t i = 0; i < pixels; ++i, ++from)
      *to++ = *from >= 0 ? *from : *from * op.slope[static_cast<std::size_t>(c)];
}

void pad(const Pad& op, const Shape& in, const float* from, float* to) {
  const std::int64_t width = in.width + op.left + op.right;
  const auto value = static_cast<float>(op.value);
  for (std::int64_t c = 0; c < in.channels; ++c) {
    to = std::fill_n(to, op.top * width, value);
    for (std::int64_t y = 0; y < in.height; ++y, from += in.width) {
      to = std::fill_n(to, op.left, value);
      to = std::copy_n(from, in.width, to);
      to = std::fill_n(to, op.right, value);
    }
    to = std::fill_n(to, op.bottom * width, value);
  }
}

void resize(const Resize& op, const Shape& in, const float* from, float* to, std::int64_t block) {
  for (std::int64_t c = 0; c < in.channels; ++c, from += in.height * in.width * block)
    for (const std::int64_t row : op.rows)
      for (const std::int64_t column : op.columns)
        to = std::copy_n(from + (row * in.width + column) * block, block, to);
}

double portable_exp(double x) {
  constexpr double kLog2OfE = 1.4426950408889634;
  constexpr double kLn2High = 0x1.62e42fee00000p-1;  // 33 bits: its products with an exponent are exact
  constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
  if (x < -745) return 0;
  const double exponent = std::floor(x * kLog2OfE + 0.5);
  const double r = (x - exponent * kLn2High) - exponent * kLn2Low;  // |r| <= ln(2) / 2
  double sum = 1;
  for (int i = 14; i >= 1; --i) sum = 1 + r / i * sum;
  return std::ldexp(sum, static_cast<int>(exponent));
}

void softmax(const Shape& in, const float* from, float* to) {
  const std::int64_t pixels = in.height * in.width;
  std::vector<double> terms(static_cast<std::size_t>(in.channels));
  for (std::int64_t p = 0; p < pixels; ++p) {
    double greatest = -std::numeric_limits<double>::infinity();
    for (std::int64_t c = 0; c < in.channels; ++c) greatest = std::max<double>(greatest, from[c * pixels + p]);
    double sum = 0;
    for (std::int64_t c = 0; c < in.channels; ++c)
      sum += terms[static_cast<std::size_t>(c)] = portable_exp(from[c * pixels + p] - greatest);
    for (std::int64_t c = 0; c < in.channels; ++c)
      to[c * pixels + p] = static_cast<float>(terms[static_cast<std::size_t>(c)] / sum);
  }
}

}  // namespace evenshift::compiler

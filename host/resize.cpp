#include "host/resize.h"

#include <algorithm>
#include <cmath>

#include "arch/base/check.h"

namespace evenshift::host {
namespace {

constexpr int kWeightBits = 22;

/// The inputs of one output sample: weights[k] belongs to input first + k.
struct Window {
  int first = 0;
  std::vector<std::int32_t> weights;
};

std::vector<Window> windows(int in, int out) {
  const double step = static_cast<double>(in) / out;
  const double support = std::max(step, 1.0);
  std::vector<Window> result(static_cast<std::size_t>(out));
  std::vector<double> weights;
  for (int i = 0; i < out; ++i) {
    const double center = (i + 0.5) * step;
    const int begin = std::max(static_cast<int>(center - support + 0.5), 0);
    const int end = std::min(static_cast<int>(center + support + 0.5), in);
    const double inverse = 1.0 / support;
    weights.clear();
    double sum = 0.0;
    for (int j = begin; j < end; ++j) {
      weights.push_back(std::max(0.0, 1.0 - std::abs((j - center + 0.5) * inverse)));
      sum += weights.back();
    }
    Window& window = result[static_cast<std::size_t>(i)];
    window.first = begin;
    for (const double weight : weights)
      window.weights.push_back(static_cast<std::int32_t>(0.5 + weight / sum * (1 << kWeightBits)));
  }
  return result;
}

/// sum over the window of samples `stride` bytes apart
std::uint8_t weighted(const Window& window, const std::uint8_t* first, std::size_t stride) {
  std::int32_t sum = 1 << (kWeightBits - 1);
  for (const std::int32_t weight : window.weights) {
    sum += weight * *first;
    first += stride;
  }
  return static_cast<std::uint8_t>(std::clamp(sum >> kWeightBits, 0, 255));
}

Image resize_rows(const Image& image, int width) {
  Image result(width, image.height);
  const auto columns = windows(image.width, width);
  for (int y = 0; y < image.height; ++y) {
    std::uint8_t* out = result.row(y);
    for (const Window& window : columns)
      for (int channel = 0; channel < 3; ++channel)
        *out++ = weighted(window, image.row(y) + 3 * window.first + channel, 3);
  }
  return result;
}

Image resize_columns(const Image& image, int height) {
  Image result(image.width, height);
  const auto rows = windows(image.height, height);
  const auto row_bytes = static_cast<std::size_t>(image.width) * 3;
  for (int y = 0; y < height; ++y) {
    const Window& window = rows[static_cast<std::size_t>(y)];
    const std::uint8_t* first = image.row(window.first);
    for (std::size_t x = 0; x < row_bytes; ++x) result.row(y)[x] = weighted(window, first + x, row_bytes);
  }
  return result;
}

}  // namespace

Image resize_bilinear(const Image& image, int width, int height) {
  check(width >= 1 && height >= 1 && image.width >= 1 && image.height >= 1, "resize_bilinear: a side is below 1");
  Image result = width == image.width ? image : resize_rows(image, width);
  return height == result.height ? result : resize_columns(result, height);
}

}  // namespace evenshift::host

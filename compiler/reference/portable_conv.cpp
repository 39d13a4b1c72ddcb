#include "compiler/reference/portable_conv.h"

#include <algorithm>
#include <cstring>

namespace evenshift::compiler {

PortableConv::PortableConv(Conv conv, const Shape& in)
    : conv_(std::move(conv)), in_(in), out_(window_output(in, conv_.window)) {
  out_.channels = conv_.output_channels;
  taps_ = in.channels / conv_.groups * conv_.window.kernel_height * conv_.window.kernel_width;
  channels_ = conv_.output_channels / conv_.groups;
  blocks_ = (channels_ + kChannels - 1) / kChannels;
  weights_.resize(static_cast<std::size_t>(conv_.groups * blocks_ * taps_ * kChannels));
  for (std::int64_t c = 0; c < conv_.output_channels; ++c) {
    const std::int64_t block = c / channels_ * blocks_ + c % channels_ / kChannels;
    for (std::int64_t tap = 0; tap < taps_; ++tap)
      weights_[static_cast<std::size_t>((block * taps_ + tap) * kChannels + c % channels_ % kChannels)] =
          conv_.weights[static_cast<std::size_t>(c * taps_ + tap)];
  }
  conv_.weights.clear();
}

void PortableConv::operator()(const float* from, float* to) const {
  const std::int64_t pixels = out_.height * out_.width;
  std::vector<float> columns(static_cast<std::size_t>(taps_ * kPixels));
  for (std::int64_t group = 0; group < conv_.groups; ++group)
    for (std::int64_t first = 0; first < pixels; first += kPixels) {
      const Tile tile{group, first, std::min(kPixels, pixels - first)};
      gather(tile, from, columns.data());
      multiply(tile, columns.data(), to);
    }
}

void PortableConv::gather(const Tile& tile, const float* from, float* columns) const {
  const Window& w = conv_.window;
  const std::int64_t inputs = in_.channels / conv_.groups;
  for (std::int64_t i = 0; i < inputs; ++i) {
    const float* channel = from + (tile.group * inputs + i) * in_.height * in_.width;
    for (std::int64_t ky = 0; ky < w.kernel_height; ++ky)
      for (std::int64_t kx = 0; kx < w.kernel_width; ++kx, columns += kPixels) {
        std::int64_t y = tile.first_pixel / out_.width;
        std::int64_t x = tile.first_pixel % out_.width;
        for (std::int64_t p = 0; p < tile.pixels; ++p) {
          const std::int64_t iy = y * w.stride_height + ky * w.dilation_height - w.pad_top;
          const std::int64_t ix = x * w.stride_width + kx * w.dilation_width - w.pad_left;
          const bool inside = iy >= 0 && iy < in_.height && ix >= 0 && ix < in_.width;
          columns[p] = inside ? channel[iy * in_.width + ix] : 0.0F;
          if (++x == out_.width) {
            x = 0;
            ++y;
          }
        }
      }
  }
}

void PortableConv::multiply(const Tile& tile, const float* columns, float* to) const {
  using Vector [[gnu::vector_size(kVector * sizeof(float))]] = float;
  const std::int64_t pixels = out_.height * out_.width;
  const auto low = static_cast<float>(conv_.clamp.low);
  const auto high = static_cast<float>(conv_.clamp.high);
  for (std::int64_t block = 0; block < blocks_; ++block) {
    const float* weights = weights_.data() + (tile.group * blocks_ + block) * taps_ * kChannels;
    const std::int64_t first_channel = tile.group * channels_ + block * kChannels;
    const std::int64_t channels = std::min(kChannels, channels_ - block * kChannels);
    for (std::int64_t first = 0; first < tile.pixels; first += kVector) {
      Vector sums[kChannels] = {};
      for (std::int64_t c = 0; c < channels; ++c) sums[c] += conv_.bias[static_cast<std::size_t>(first_channel + c)];
      for (std::int64_t tap = 0; tap < taps_; ++tap) {
        Vector values;
        std::memcpy(&values, columns + tap * kPixels + first, sizeof(values));
        for (std::int64_t c = 0; c < kChannels; ++c) sums[c] += weights[tap * kChannels + c] * values;
      }
      for (std::int64_t c = 0; c < channels; ++c)
        for (std::int64_t i = 0; i < std::min(kVector, tile.pixels - first); ++i) {
          const float sum = sums[c][i];
          const float raised = sum < low ? low : sum;
          to[(first_channel + c) * pixels + tile.first_pixel + first + i] = raised > high ? high : raised;
        }
    }
  }
}

}  // namespace evenshift::compiler

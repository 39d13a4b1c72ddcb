#include "compiler/weights/input_moments.h"

#include <algorithm>

#include "arch/base/parallel.h"
#include "compiler/reference/matrix_product.h"
#include "compiler/reference/vector_dispatch.h"

namespace evenshift::compiler {
namespace {

constexpr std::size_t kRowsAtATime = 48;
constexpr std::size_t kTapsAtATime = 128;

std::uint64_t mixed(std::uint64_t state) {  // splitmix64
  state += 0x9e3779b97f4a7c15;
  state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
  state = (state ^ (state >> 27)) * 0x94d049bb133111eb;
  return state ^ (state >> 31);
}

/// Taps of some output positions of every group: to[(group · stride + position) · taps + tap]; padding is 0.
void gather_taps(const Conv& conv, const Shape& in, const Shape& out, std::span<const float> values,
                 std::span<const std::size_t> positions, std::size_t stride, float* to) {
  constexpr std::int64_t kChannels = 16;  // whose taps of a position share lines of the cache
  const Window& w = conv.window;
  const std::int64_t inputs = in.channels / conv.groups;
  const std::int64_t window = w.kernel_height * w.kernel_width;
  for (std::int64_t first = 0; first < in.channels; first += std::min(kChannels, inputs - first % inputs)) {
    const std::int64_t channels = std::min(kChannels, inputs - first % inputs);
    for (std::size_t p = 0; p < positions.size(); ++p) {
      const auto position = static_cast<std::int64_t>(positions[p]);
      const std::int64_t top = position / out.width * w.stride_height - w.pad_top;
      const std::int64_t left = position % out.width * w.stride_width - w.pad_left;
      const auto row = static_cast<std::int64_t>(stride) * (first / inputs) + static_cast<std::int64_t>(p);
      float* tap = to + (row * inputs + first % inputs) * window;
      for (std::int64_t i = first; i < first + channels; ++i) {
        const float* channel = values.data() + i * in.height * in.width;
        for (std::int64_t ky = 0; ky < w.kernel_height; ++ky)
          for (std::int64_t kx = 0; kx < w.kernel_width; ++kx) {
            const std::int64_t y = top + ky * w.dilation_height;
            const std::int64_t x = left + kx * w.dilation_width;
            *tap++ = y >= 0 && y < in.height && x >= 0 && x < in.width ? channel[y * in.width + x] : 0.0F;
          }
      }
    }
  }
}

}  // namespace

InputMoments centered(InputMoments moments) {
  for (std::size_t g = 0; g < moments.groups && !moments.gram.empty(); ++g)
    for (std::size_t i = 0; i < moments.taps; ++i)
      for (std::size_t j = 0; j < moments.taps; ++j) {
        const std::size_t at = (g * moments.taps + i) * moments.taps + j;
        const double mean = moments.mean[g * moments.taps + j];
        moments.gram[at] = static_cast<float>(moments.gram[at] - moments.mean[g * moments.taps + i] * mean);
        moments.cross[at] = static_cast<float>(moments.cross[at] - moments.float_mean[g * moments.taps + i] * mean);
      }
  for (std::size_t i = 0; i < moments.power.size(); ++i)
    moments.power[i] = std::max(0.0, moments.power[i] - moments.mean[i] * moments.mean[i]);
  return moments;
}

std::vector<std::size_t> sampled_positions(const Shape& output, std::size_t most, std::uint64_t seed) {
  const auto count = static_cast<std::size_t>(output.height * output.width);
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < std::min(count, most); ++i) {
    if (count <= most) {
      positions.push_back(i);
      continue;
    }
    const std::size_t first = i * count / most;
    const std::size_t end = (i + 1) * count / most;
    positions.push_back(first + mixed(seed * most + i) % (end - first));
  }
  return positions;
}

MomentSums::MomentSums(const Conv& conv, const Shape& in, const Shape& out, Moments which, std::int64_t images)
    : conv_(conv),
      in_(in),
      out_(out),
      groups_(static_cast<std::size_t>(conv.groups)),
      taps_(conv.weights.size() / static_cast<std::size_t>(conv.output_channels)),
      products_(which == Moments::products && taps_ <= InputMoments::kMostTaps),
      positions_(
          static_cast<std::size_t>(std::clamp<std::int64_t>((products_ ? kSamples : kSamples / 4) / images, 16, 512))),
      float_mean_(groups_ * taps_),
      mean_(groups_ * taps_),
      power_(groups_ * taps_),
      gram_(products_ ? groups_ * taps_ * taps_ : 0),
      cross_(gram_.size()) {}

void MomentSums::add(std::span<const Pair> images, int threads) {
  std::vector<std::vector<std::size_t>> positions;
  std::size_t samples = 0;
  std::vector<std::size_t> first;
  for (const Pair& image : images) {
    positions.push_back(sampled_positions(out_, positions_, image.seed));
    first.push_back(samples);
    samples += positions.back().size();
  }
  // [group][sample][tap]
  std::vector<float> exact(groups_ * samples * taps_);
  std::vector<float> quantized(exact.size());
  parallel_for_ordered(images.size(), threads, [&](std::size_t image) {
    const std::size_t at = first[image] * taps_;
    gather_taps(conv_, in_, out_, images[image].exact, positions[image], samples, exact.data() + at);
    gather_taps(conv_, in_, out_, images[image].quantized, positions[image], samples, quantized.data() + at);
  });
  add_samples(exact, quantized, samples, threads);
}

void MomentSums::add_samples(const std::vector<float>& exact, const std::vector<float>& quantized, std::size_t samples,
                             int threads) {
  samples_ += static_cast<double>(samples);
  const std::size_t tap_blocks = (taps_ + kTapsAtATime - 1) / kTapsAtATime;
  parallel_for_ordered(groups_ * tap_blocks, threads, [&](std::size_t index) {
    const std::size_t g = index / tap_blocks;
    const std::size_t tap = index % tap_blocks * kTapsAtATime;
    const std::size_t count = std::min(kTapsAtATime, taps_ - tap);
    const std::size_t place = g * taps_ + tap;
    double float_sums[kTapsAtATime], sums[kTapsAtATime], squares[kTapsAtATime];
    std::copy_n(&float_mean_[place], count, float_sums);
    std::copy_n(&mean_[place], count, sums);
    std::copy_n(&power_[place], count, squares);
    with_widest_vectors([&] {
      for (std::size_t s = 0; s < samples; ++s) {
        const float* x = exact.data() + (g * samples + s) * taps_ + tap;
        const float* z = quantized.data() + (g * samples + s) * taps_ + tap;
        for (std::size_t t = 0; t < count; ++t) {
          float_sums[t] += x[t];
          sums[t] += z[t];
          squares[t] += static_cast<double>(z[t]) * z[t];
        }
      }
    });
    std::copy_n(float_sums, count, &float_mean_[place]);
    std::copy_n(sums, count, &mean_[place]);
    std::copy_n(squares, count, &power_[place]);
  });
  if (!products_) return;
  const std::size_t blocks = (taps_ + kRowsAtATime - 1) / kRowsAtATime;
  parallel_for_ordered(groups_ * blocks, threads, [&](std::size_t index) {
    const std::size_t g = index / blocks;
    const std::size_t row = index % blocks * kRowsAtATime;
    const std::size_t rows = std::min(kRowsAtATime, taps_ - row);
    const auto width = static_cast<std::int64_t>(taps_);
    const float* right = quantized.data() + g * samples * taps_;
    std::vector<float> products(rows * taps_);
    const auto accumulate = [&](const std::vector<float>& left, std::vector<double>& sums) {
      std::ranges::fill(products, 0.0F);
      multiply_add({static_cast<std::int64_t>(rows), width, static_cast<std::int64_t>(samples)},
                   MatrixView{left.data() + g * samples * taps_ + row, width}.transposed(), {right, width},
                   products.data(), width);
      double* to = sums.data() + (g * taps_ + row) * taps_;
      for (std::size_t i = 0; i < products.size(); ++i) to[i] += products[i];
    };
    accumulate(quantized, gram_);
    accumulate(exact, cross_);
  });
}

InputMoments MomentSums::finish() const {
  InputMoments moments{groups_, taps_, float_mean_, mean_, {}, {}, power_};
  const double share = samples_ > 0 ? 1 / samples_ : 0;
  for (auto* sums : {&moments.float_mean, &moments.mean, &moments.power})
    for (double& sum : *sums) sum *= share;
  for (const double sum : gram_) moments.gram.push_back(static_cast<float>(sum * share));
  for (const double sum : cross_) moments.cross.push_back(static_cast<float>(sum * share));
  return moments;
}

}  // namespace evenshift::compiler

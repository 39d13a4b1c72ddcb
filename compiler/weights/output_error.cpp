#include "compiler/weights/output_error.h"

#include <algorithm>
#include <cmath>

#include "arch/base/parallel.h"
#include "compiler/reference/matrix_product.h"

namespace evenshift::compiler {
namespace {

constexpr double kDamping = 0.01;
constexpr std::size_t kBlockChannels = 48;  ///< that a thread rounds at once

double inner_product(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

/// result += rows of `k` values · the k × k matrix.
void add_product(const float* rows, const float* matrix, std::size_t k, std::vector<float>& result) {
  const auto width = static_cast<std::int64_t>(k);
  multiply_add({static_cast<std::int64_t>(result.size() / k), width, width}, {rows, width}, {matrix, width},
               result.data(), width);
}

}  // namespace

OutputError::OutputError(const Conv& conv, const InputMoments& moments)
    : conv_(conv),
      moments_(moments),
      channels_per_group_(static_cast<std::size_t>(conv.output_channels) / moments.groups) {
  for (std::size_t g = 0; g < moments.groups; ++g) {
    double sum = 0;
    for (std::size_t t = 0; t < moments.taps; ++t) sum += moments.power[g * moments.taps + t];
    damping_.push_back(std::max(kDamping * sum / static_cast<double>(moments.taps), 1e-20));
  }
}

const float* OutputError::gram_row(std::size_t group, std::size_t tap) const {
  return moments_.gram.empty() ? nullptr : moments_.gram_of(group) + tap * moments_.taps;
}

double OutputError::diagonal(std::size_t group, std::size_t tap) const {
  return moments_.power[group * moments_.taps + tap] + damping_[group];
}

std::vector<float> OutputError::target(std::size_t c) const {
  const std::size_t g = group_of(c);
  const std::size_t k = taps();
  const float* weights = conv_.weights.data() + c * k;
  std::vector<float> result(k);
  if (!moments_.cross.empty()) add_product(weights, moments_.cross_of(g), k, result);
  for (std::size_t t = 0; t < k; ++t) {
    const double own = moments_.cross.empty() ? moments_.power[g * k + t] * weights[t] : result[t];
    result[t] = static_cast<float>(own + damping_[g] * weights[t]);
  }
  return result;
}

std::vector<float> OutputError::responses(std::size_t group, std::span<const float> values) const {
  const std::size_t k = taps();
  std::vector<float> result(values.size());
  if (!moments_.gram.empty()) add_product(values.data(), moments_.gram_of(group), k, result);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double own = moments_.gram.empty() ? moments_.power[group * k + i % k] * values[i] : result[i];
    result[i] = static_cast<float>(own + damping_[group] * values[i]);
  }
  return result;
}

double OutputError::error(std::span<const float> target, std::span<const float> response,
                          std::span<const float> values) const {
  return inner_product(response, values) - 2 * inner_product(target, values);
}

double OutputError::energy(std::size_t c) const {
  const std::vector<float> weights(conv_.weights.begin() + static_cast<std::ptrdiff_t>(c * taps()),
                                   conv_.weights.begin() + static_cast<std::ptrdiff_t>((c + 1) * taps()));
  return inner_product(responses(group_of(c), weights), weights);
}

GridError OutputError::of_rounding(int threads) const {
  return [this, threads](const WeightGrid& grid) {
    // A block lies in one group, whose gram it reads.
    const std::size_t blocks_per_group = (channels_per_group_ + kBlockChannels - 1) / kBlockChannels;
    std::vector<double> costs(channels_per_group_ * moments_.groups);
    parallel_for_ordered(moments_.groups * blocks_per_group, threads, [&](std::size_t index) {
      const std::size_t group = index / blocks_per_group;
      const std::size_t begin = index % blocks_per_group * kBlockChannels;
      const std::size_t channels = std::min(kBlockChannels, channels_per_group_ - begin);
      const std::size_t first = group * channels_per_group_ + begin;
      std::vector<float> errors(channels * taps());
      for (std::size_t i = 0; i < errors.size(); ++i) {
        const std::size_t c = first + i / taps();
        const double weight = conv_.weights[first * taps() + i];
        errors[i] = static_cast<float>(weight - grid.scale(c) * grid.nearest_code(c, weight));
      }
      const std::vector<float> answers = responses(group, errors);
      for (std::size_t i = 0; i < errors.size(); ++i)
        costs[first + i / taps()] += static_cast<double>(answers[i]) * errors[i];
    });
    return costs;
  };
}

}  // namespace evenshift::compiler

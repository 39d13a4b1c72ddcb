#include "compiler/reconstruct/error_feedback.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "compiler/reference/vector_dispatch.h"

namespace evenshift::compiler {
namespace {

constexpr double kDamping = 0.01;

/// Upper triangular R, [taps][taps], with R·Rᵀ = `moments` in the order `order`, damped.
std::vector<double> upper_factor(const InputMoments& moments, const std::vector<std::size_t>& order) {
  const std::size_t taps = order.size();
  double mean = 0;
  for (std::size_t k = 0; k < taps; ++k) mean += moments[k * taps + k] / static_cast<double>(taps);
  std::vector<double> factor(taps * taps);
  for (std::size_t i = 0; i < taps; ++i)
    for (std::size_t j = i; j < taps; ++j)
      factor[i * taps + j] = moments[order[i] * taps + order[j]] + (i == j ? kDamping * mean : 0);
  std::vector<double> column(taps);
  with_widest_vectors([&] {
    for (std::size_t k = taps; k-- > 0;) {
      const double root = std::sqrt(factor[k * taps + k]);
      factor[k * taps + k] = root;
      for (std::size_t i = 0; i < k; ++i) column[i] = factor[i * taps + k] /= root;
      for (std::size_t i = 0; i < k; ++i) {
        double* row = factor.data() + i * taps;
        const double of_row = column[i];
        for (std::size_t j = i; j < k; ++j) row[j] -= of_row * column[j];
      }
    }
  });
  return factor;
}

}  // namespace

Floats feed_errors_back(const Floats& weights, const WeightGrid& grid, std::size_t channels,
                        const std::vector<InputMoments>& moments) {
  const std::size_t taps = weights.size() / channels;
  const std::size_t group_channels = channels / moments.size();
  Floats result = weights;
  std::vector<std::size_t> order(taps);
  // [taps][channels of the group]: what the taps before have lost, weighted.
  std::vector<double> carried(taps * group_channels);
  std::vector<double> lost(group_channels);
  for (std::size_t group = 0; group < moments.size(); ++group) {
    const InputMoments& of_group = moments[group];
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, std::greater<>(), [&](std::size_t k) { return of_group[k * taps + k]; });
    if (!(of_group[order[0] * taps + order[0]] > 0)) continue;  // its input is always 0
    const std::vector<double> factor = upper_factor(of_group, order);
    std::fill(carried.begin(), carried.end(), 0.0);
    for (std::size_t k = 0; k < taps; ++k) {
      for (std::size_t i = 0; i < group_channels; ++i) {
        const std::size_t c = group * group_channels + i;
        float& weight = result[c * taps + order[k]];
        const double original = weight;
        weight = static_cast<float>(original + carried[k * group_channels + i] / factor[k * taps + k]);
        lost[i] = original - grid.scale(c) * grid.nearest_code(c, weight);
      }
      with_widest_vectors([&] {
        for (std::size_t later = k + 1; later < taps; ++later) {
          const double share = factor[k * taps + later];
          double* to = carried.data() + later * group_channels;
          for (std::size_t i = 0; i < group_channels; ++i) to[i] += share * lost[i];
        }
      });
    }
  }
  return result;
}

}  // namespace evenshift::compiler

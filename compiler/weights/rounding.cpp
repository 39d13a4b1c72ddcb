#include "compiler/weights/rounding.h"

#include <algorithm>
#include <cmath>

#include "arch/base/parallel.h"
#include "compiler/reference/matrix_product.h"

namespace evenshift::compiler {

WeightCodes nearest_codes(const Conv& conv, const WeightGrid& grid) {
  const std::size_t taps = conv.weights.size() / static_cast<std::size_t>(conv.output_channels);
  WeightCodes codes;
  codes.reserve(conv.weights.size());
  for (std::size_t i = 0; i < conv.weights.size(); ++i)
    codes.push_back(static_cast<std::int8_t>(grid.nearest_code(i / taps, conv.weights[i])));
  return codes;
}

namespace {

void descend(const WeightGrid& grid, const OutputError& error, std::size_t c, std::int8_t* codes) {
  constexpr int kSweeps = 40;
  const std::size_t taps = error.taps();
  const std::size_t group = error.group_of(c);
  const double scale = grid.scale(c);
  const double most = max_weight_code(grid.bits);
  std::vector<float> values(taps);
  for (std::size_t t = 0; t < taps; ++t) values[t] = static_cast<float>(scale * codes[t]);
  std::vector<float> residual = error.target(c);  // half the negative gradient
  const std::vector<float> response = error.responses(group, values);
  for (std::size_t t = 0; t < taps; ++t) residual[t] -= response[t];
  const auto damping = static_cast<float>(error.damping(group));
  bool changed = true;
  for (int sweep = 0; changed && sweep < kSweeps; ++sweep) {
    changed = false;
    for (std::size_t t = 0; t < taps; ++t) {
      const double wanted = codes[t] + residual[t] / (scale * error.diagonal(group, t));
      const double code = std::clamp(round_half_even(wanted), -most, most);
      if (code == codes[t]) continue;
      const auto step = static_cast<float>(scale * (code - codes[t]));
      codes[t] = static_cast<std::int8_t>(code);
      changed = true;
      if (const float* row = error.gram_row(group, t); row != nullptr)
        subtract_scaled(step, row, residual.data(), taps);
      else
        residual[t] -= static_cast<float>(step * (error.diagonal(group, t) - damping));
      residual[t] -= step * damping;
    }
  }
}

}  // namespace

WeightCodes least_squares_codes(const Conv& conv, const WeightGrid& grid, const OutputError& error, int threads) {
  WeightCodes codes = nearest_codes(conv, grid);
  parallel_for_ordered(static_cast<std::size_t>(conv.output_channels), threads,
                       [&](std::size_t c) { descend(grid, error, c, codes.data() + c * error.taps()); });
  return codes;
}

}  // namespace evenshift::compiler

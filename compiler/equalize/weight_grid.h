#pragma once

#include <cmath>
#include <cstddef>
#include <type_traits>
#include <vector>

#include "arch/numerics/quantization.h"

namespace evenshift::compiler {

/// The grid on which a conv's weights are rounded: output channel c has the codes ±max_weight_code(bits) in steps of
/// scale(c). Equalizers choose it, rounding methods choose codes on it.
struct WeightGrid {
  int bits = 8;
  double layer_scale = 1;   ///< S_w
  std::vector<int> shifts;  ///< k_c; empty: all 0
  std::vector<double>
      channel_scales;  ///< S_w,c of channel_multiplier and channel_shift_only, in place of the two above

  /// S_w · 2^-k_c, or S_w,c.
  [[nodiscard]] double scale(std::size_t c) const {
    if (!channel_scales.empty()) return channel_scales[c];
    return shifts.empty() ? layer_scale : std::ldexp(layer_scale, -shifts[c]);
  }
  /// The grid of channels [first, first + count).
  [[nodiscard]] WeightGrid of_channels(std::size_t first, std::size_t count) const {
    const auto part = [&](const auto& all) {
      return all.empty() ? all : std::remove_cvref_t<decltype(all)>(&all[first], &all[first] + count);
    };
    return {bits, layer_scale, part(shifts), part(channel_scales)};
  }
  /// The largest weight of channel c that does not clip.
  [[nodiscard]] double limit(std::size_t c) const { return scale(c) * max_weight_code(bits); }

  /// Code of a weight of channel c: clamp(round(w / scale(c))), ties to even.
  [[nodiscard]] double nearest_code(std::size_t c, double weight) const {
    const double most = max_weight_code(bits);
    const double code = round_half_even(weight / scale(c));
    return code < -most ? -most : code > most ? most : code;
  }
};

/// The grid with scales that float holds, so that ONNX can carry them exactly.
inline WeightGrid rounded_to_float(WeightGrid grid) {
  const auto rounded = [](double scale) {
    const auto number = static_cast<double>(static_cast<float>(scale));
    return number > 0 && std::isfinite(number) ? number : scale;
  };
  grid.layer_scale = rounded(grid.layer_scale);
  for (double& scale : grid.channel_scales) scale = rounded(scale);
  return grid;
}

}  // namespace evenshift::compiler

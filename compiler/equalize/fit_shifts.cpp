#include "compiler/equalize/fit_shifts.h"

#include <algorithm>
#include <cmath>

#include "arch/numerics/quantization.h"
#include "compiler/equalize/shift_equalizer.h"
#include "compiler/equalize/weight_grid.h"

namespace evenshift::compiler {
namespace {

constexpr std::size_t kMostCandidates = 64;
constexpr double kExactDb = 200;

struct Errors {
  double relative = 0;  ///< Σ_c |ΔW_c|² / |W_c|²
  double absolute = 0, energy = 0;
};

class LayerFitter {
 public:
  LayerFitter(const Conv& conv, int shift_bits) : conv_(conv), codes_(*conv.codes), shift_bits_(shift_bits) {
    const std::size_t row = codes_.weights.size() / channels();
    for (std::size_t c = 0; c < channels(); ++c) {
      int most = 0;
      for (std::size_t r = c * row; r < (c + 1) * row; ++r) most = std::max(most, std::abs(codes_.weights[r]));
      needs_.push_back(codes_.scales[c] * most / max_weight_code(8));
    }
  }

  [[nodiscard]] WeightGrid best() const {
    const double greatest = *std::ranges::max_element(needs_);
    WeightGrid best = grid(greatest > 0 ? greatest : codes_.scales[0]);
    double least = errors(best).relative;
    for (const double scale : candidates(greatest)) {
      const WeightGrid tried = grid(scale);
      const double error = errors(tried).relative;
      if (error >= least) continue;
      least = error;
      best = tried;
    }
    return best;
  }

  [[nodiscard]] Errors errors(const WeightGrid& grid) const {
    Errors result;
    const std::size_t row = codes_.weights.size() / channels();
    for (std::size_t c = 0; c < channels(); ++c) {
      double error = 0, energy = 0;
      for (std::size_t r = c * row; r < (c + 1) * row; ++r) {
        const double weight = codes_.scales[c] * codes_.weights[r];
        error += std::pow(weight - grid.scale(c) * grid.nearest_code(c, weight), 2);
        energy += weight * weight;
      }
      if (energy > 0) result.relative += error / energy;
      result.absolute += error;
      result.energy += energy;
    }
    return result;
  }

  /// The conv on this grid.
  [[nodiscard]] Conv rounded(const WeightGrid& grid) const {
    Conv conv = conv_;
    const std::size_t row = codes_.weights.size() / channels();
    for (std::size_t i = 0; i < codes_.weights.size(); ++i) {
      const std::size_t c = i / row;
      const double code = grid.nearest_code(c, codes_.scales[c] * codes_.weights[i]);
      conv.codes->weights[i] = static_cast<std::int8_t>(code);
      conv.weights[i] = static_cast<float>(grid.scale(c) * code);
    }
    for (std::size_t c = 0; c < channels(); ++c) conv.codes->scales[c] = grid.scale(c);
    conv.codes->has_float_product = false;
    return conv;
  }

 private:
  [[nodiscard]] std::size_t channels() const { return codes_.scales.size(); }

  [[nodiscard]] WeightGrid grid(double layer_scale) const {
    WeightGrid result;
    // Upwards, so that nothing clips.
    result.layer_scale = static_cast<double>(static_cast<float>(layer_scale));
    if (result.layer_scale < layer_scale)
      result.layer_scale = static_cast<double>(std::nextafter(static_cast<float>(layer_scale), HUGE_VALF));
    for (const double need : needs_) result.shifts.push_back(equalizing_shift(result.layer_scale, need, shift_bits_));
    return result;
  }

  /// Needs brought to between `greatest` and twice that, in order, thinned out evenly.
  [[nodiscard]] std::vector<double> candidates(double greatest) const {
    std::vector<double> all;
    int top = 0;
    std::frexp(greatest, &top);
    for (const double need : needs_) {
      if (!(need > 0)) continue;
      int exponent = 0;
      double scale = std::ldexp(std::frexp(need, &exponent), top);
      if (scale < greatest) scale *= 2;
      all.push_back(scale);
    }
    std::ranges::sort(all);
    all.erase(std::unique(all.begin(), all.end()), all.end());
    if (all.size() <= kMostCandidates) return all;
    std::vector<double> thinned;
    for (std::size_t i = 0; i < kMostCandidates; ++i) thinned.push_back(all[i * all.size() / kMostCandidates]);
    return thinned;
  }

  const Conv& conv_;
  const ConvCodes& codes_;
  int shift_bits_;
  std::vector<double> needs_;  ///< the least steps that clip nothing
};

ShiftFit fit(Node& node, int shift_bits) {
  auto& conv = std::get<Conv>(node.op);
  ShiftFit result{node.name, std::string(kind_of(conv)), conv.output_channels, false, 0, {}, kExactDb, 0, 1};
  const std::vector<double> before = conv.codes->scales;
  if (auto shifts = exact_shifts(before, (1 << shift_bits) - 1)) {
    result.is_exact = true;
    result.layer_scale = *std::ranges::max_element(before);
    result.shifts = std::move(*shifts);
    return result;
  }
  const LayerFitter fitter(conv, shift_bits);
  const WeightGrid grid = fitter.best();
  const Errors errors = fitter.errors(grid);
  if (errors.absolute > 0) result.weight_sqnr_db = 10 * std::log10(errors.energy / errors.absolute);
  result.layer_scale = grid.layer_scale;
  result.shifts = grid.shifts;
  for (std::size_t c = 0; c < before.size(); ++c) {
    const double ratio = grid.scale(c) / before[c];
    if (c > 0 && ratio <= result.worst_step_ratio) continue;
    result.worst_step_ratio = ratio;
    result.worst_channel = static_cast<std::int64_t>(c);
  }
  conv = fitter.rounded(grid);
  return result;
}

}  // namespace

std::optional<std::vector<int>> exact_shifts(const std::vector<double>& scales, int most) {
  int top = 0;
  const double fraction = std::frexp(*std::ranges::max_element(scales), &top);
  std::vector<int> shifts;
  for (const double scale : scales) {
    int exponent = 0;
    if (std::frexp(scale, &exponent) != fraction || top - exponent > most) return std::nullopt;
    shifts.push_back(top - exponent);
  }
  return shifts;
}

Graph fit_shifts(Graph graph, int shift_bits, std::vector<ShiftFit>& fits) {
  for (Node& node : graph.nodes) {
    const auto* conv = std::get_if<Conv>(&node.op);
    if (conv != nullptr && conv->codes) fits.push_back(fit(node, shift_bits));
  }
  return graph;
}

}  // namespace evenshift::compiler

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/ir/graph.h"

namespace evenshift::compiler {

/// k_c >= 0 with scales[c] = greatest scale · 2^-k_c, exactly; nothing where a ratio is no power of two or a k_c is
/// above `most`.
std::optional<std::vector<int>> exact_shifts(const std::vector<double>& scales, int most);

/// How well a shifter carries the scales of an imported layer.
struct ShiftFit {
  std::string name;
  std::string kind;
  std::int64_t channels = 0;
  bool is_exact = false;           ///< the scales are S_w · 2^-k_c as they are; nothing changes
  double layer_scale = 0;          ///< S_w
  std::vector<int> shifts;         ///< k_c
  double weight_sqnr_db = 0;       ///< of the new weights against the imported ones; 200 where exact
  std::int64_t worst_channel = 0;  ///< the one whose step grew most
  double worst_step_ratio = 1;     ///< its new step over its old one
};

/// Gives every conv with codes the grid S_w · 2^-k_c, k_c < 2^shift_bits, and appends what it did to `fits`.
///
/// Where the imported scales are such already, nothing changes. Else, of up to 64 candidates for S_w's mantissa (those
/// of the channels' own needs R_c / 127, where R_c = max |w|) from the greatest need up to twice that, each with the
/// greatest k_c that clips nothing, the one of least Σ_c |ΔW_c|² / |W_c|² is taken, and the weights are rounded to it,
/// ties to even. Biases keep their numbers.
Graph fit_shifts(Graph graph, int shift_bits, std::vector<ShiftFit>& fits);

}  // namespace evenshift::compiler

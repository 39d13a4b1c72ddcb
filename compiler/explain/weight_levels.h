#pragma once

#include <array>
#include <vector>

#include "arch/config/npu_config.h"
#include "compiler/compile.h"

namespace evenshift::compiler {

/// How much of what a machine does to weights is there; each level adds one restriction.
enum class WeightLevel : std::uint8_t {
  exact,          ///< the float weights
  channel_scale,  ///< rounded, every channel with a scale of its own, R_c / q: `channel_multiplier`
  power_of_two,   ///< rounded, every channel's scale one layer scale · 2^-k with any k from 0 to 31
  machine,        ///< rounded as the configuration says
};
inline constexpr std::size_t kWeightLevels = 4;

/// The convs' weights of each level, beside graph.nodes; a node that is no conv has its own.
struct WeightLevels {
  std::array<Graph, kWeightLevels> graphs;
  std::vector<WeightPlan> machine_plans;

  [[nodiscard]] const Graph& of(WeightLevel level) const { return graphs[static_cast<std::size_t>(level)]; }
};

/// Plans of all levels by the composition of `options`, with two changes for the two levels between: a composition that
/// does not equalize gets `shift`, and power-of-two scales (`msqe…`, `gradient…`) `shift_mse`; training (`reconstruct`)
/// is `least_squares`. Where the machine has scales of its own for each channel, the levels are the same; with
/// channel_shift_only, `power_of_two` is the machine's grid with the clipped channels' scales doubled until they cover.
WeightLevels weight_levels(const PreparedNetwork& network, const std::vector<QuantParams>& params,
                           const CalibrationData& data, const NpuConfig& config, const CompileOptions& options,
                           const WorkContext& work);

/// The graph with the weights and biases that plans give its convs.
Graph with_plans(const Graph& graph, const std::vector<WeightPlan>& plans);

/// The composition with `method` at the stage that it belongs to.
std::string with_method(const std::string& composition, std::string_view method);

}  // namespace evenshift::compiler

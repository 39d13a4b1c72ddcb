#include "cli/sweep_area_panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace evenshift::cli {
namespace {

/// The shortest of 1, 2, 5, 10, 20, … that cuts `range` into at most 4 parts.
double step_for(double range) {
  for (double decade = 1;; decade *= 10)
    for (const double lead : {1.0, 2.0, 5.0})
      if (range <= 4 * lead * decade) return lead * decade;
}

/// A y axis that shows the differences: it need not begin at 0.
class GateAxis {
 public:
  GateAxis(double least, double most)
      : step_(step_for(most - least)),
        low_(std::floor(least / step_) * step_),
        high_((std::floor(most / step_) + 1) * step_) {}
  [[nodiscard]] double height(double gates) const { return (gates - low_) / (high_ - low_); }
  [[nodiscard]] std::vector<PanelTick> ticks() const {
    std::vector<PanelTick> ticks;
    const auto steps = static_cast<int>((high_ - low_) / step_ + 0.5);
    for (int i = 0; i <= steps; ++i) {
      const double gates = low_ + i * step_;
      ticks.push_back({height(gates), fmt::format("{:g}", gates / 1000)});
    }
    return ticks;
  }

 private:
  double step_, low_, high_;
};

}  // namespace

std::optional<Panel> area_panel(const std::vector<SweepRow>& rows) {
  const bool core = std::ranges::any_of(rows, [](const SweepRow& row) { return number_in(row, "conv_core_ge") > 0; });
  std::map<double, double> shifted;       // shift bits -> gates
  std::map<std::string, double> without;  // requant scale -> gates
  std::vector<double> all;
  for (const SweepRow& row : rows) {
    const double gates = number_in(row, core ? "conv_core_ge" : "requantizers_ge");
    if (gates <= 0) continue;
    all.push_back(gates);
    if (row.at("requant_scale") == kShiftedScale)
      shifted[number_in(row, "shift_bits")] = gates;
    else
      without[row.at("requant_scale")] = gates;
  }
  if (all.empty()) return std::nullopt;

  const auto [least, most] = std::ranges::minmax(all);
  const GateAxis axis(least, most);
  const auto thousands = [](double gates) { return fmt::format("{:.1f}", gates / 1000); };
  PanelDrawing drawing(core ? "Area of the conv core" : "Area of the requantizers", "gate equivalents, thousands",
                       axis.ticks());
  std::size_t colour = 2;
  for (const auto& [scale, gates] : without)
    drawing.level(axis.height(gates), fmt::format("{}: {}", scale, thousands(gates)), panel_stroke(colour++).colour,
                  "2 3");
  std::vector<PanelPoint> points;
  for (const auto& [bits, gates] : shifted) points.push_back({bits, axis.height(gates), thousands(gates)});
  if (!points.empty()) drawing.curve(points, kShiftedScale, panel_stroke(0));
  return drawing.panel();
}

}  // namespace evenshift::cli

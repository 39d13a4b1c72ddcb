#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/sweep_results.h"

/// What the panels of a sweep's chart share: each has shift bits along x, and a legend below.
namespace evenshift::cli {

inline constexpr double kPanelWidth = 560, kPanelHeight = 330;
inline constexpr double kPanelLeft = 58, kPanelRight = 20, kPanelTop = 44, kPanelBottom = 48;
inline constexpr const char* kShiftedScale = "layer_with_channel_shift";

/// A drawn panel.
struct Panel {
  std::string svg;
  double height = 0;  ///< with its legend
};

/// A curve's point: shift bits, place on the y axis (0 bottom, 1 top), and what is written there ("": nothing).
struct PanelPoint {
  double shift_bits = 0, height = 0;
  std::string text;
};

/// A mark of the y axis.
struct PanelTick {
  double height = 0;
  std::string text;
};

/// How a curve is drawn: its colour, and its dashes as SVG has them ("": none).
struct PanelStroke {
  std::string colour, dashes;
};

/// Draws a panel piece by piece.
class PanelDrawing {
 public:
  PanelDrawing(const std::string& title, const std::string& y_label, const std::vector<PanelTick>& ticks);
  /// A horizontal line with its line of the legend.
  void level(double height, const std::string& legend, const std::string& colour, const std::string& dashes);
  /// A line through points, with its line of the legend, which is also what a browser shows at the line.
  void curve(const std::vector<PanelPoint>& points, const std::string& legend, const PanelStroke& stroke);
  [[nodiscard]] Panel panel() const { return {svg_, legend_y_}; }

 private:
  void legend(const std::string& text, const std::string& colour, const std::string& dashes);

  std::string svg_;
  double legend_y_ = kPanelHeight + 4;
};

/// The stroke of the i-th curve: 30 that differ.
PanelStroke panel_stroke(std::size_t i);

/// A column as a number; 0 where it is missing or empty.
double number_in(const SweepRow& row, const std::string& column);

/// Text for XML.
std::string escaped(const std::string& text);

}  // namespace evenshift::cli

#include "cli/sweep_panel.h"

#include <fmt/format.h>

#include <array>

namespace evenshift::cli {
namespace {

constexpr double kInset = 22, kLegendLine = 18;
constexpr int kMostShiftBits = 5;

double x_of(double shift_bits) {
  return kPanelLeft + kInset + shift_bits / kMostShiftBits * (kPanelWidth - kPanelLeft - kPanelRight - 2 * kInset);
}
double y_of(double height) { return kPanelTop + (1 - height) * (kPanelHeight - kPanelTop - kPanelBottom); }

}  // namespace

PanelDrawing::PanelDrawing(const std::string& title, const std::string& y_label, const std::vector<PanelTick>& ticks) {
  svg_ = fmt::format("<text x=\"{}\" y=\"22\" class=\"title\">{}</text>\n", kPanelLeft, escaped(title));
  for (const PanelTick& tick : ticks)
    svg_ += fmt::format(
        "<line x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\" class=\"grid\"/><text x=\"{3}\" y=\"{4:.1f}\" "
        "class=\"end\">{5}</text>\n",
        kPanelLeft, kPanelWidth - kPanelRight, y_of(tick.height), kPanelLeft - 8, y_of(tick.height) + 4, tick.text);
  for (int bits = 0; bits <= kMostShiftBits; ++bits)
    svg_ += fmt::format("<text x=\"{:.1f}\" y=\"{}\" class=\"middle\">{}</text>\n", x_of(bits),
                        kPanelHeight - kPanelBottom + 18, bits);
  svg_ += fmt::format(
      "<text x=\"{:.1f}\" y=\"{}\" class=\"middle\">shift bits</text>\n"
      "<text transform=\"translate(16 {:.1f}) rotate(-90)\" class=\"middle\">{}</text>\n",
      x_of(kMostShiftBits / 2.0), kPanelHeight - kPanelBottom + 38, y_of(0.5), escaped(y_label));
}

void PanelDrawing::level(double height, const std::string& text, const std::string& colour, const std::string& dashes) {
  svg_ += fmt::format(
      "<line x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\" stroke=\"{3}\" stroke-width=\"1.5\" "
      "stroke-dasharray=\"{4}\"/>\n",
      kPanelLeft, kPanelWidth - kPanelRight, y_of(height), colour, dashes);
  legend(text, colour, dashes);
}

void PanelDrawing::curve(const std::vector<PanelPoint>& points, const std::string& text, const PanelStroke& stroke) {
  std::string path;
  std::string marks;
  for (const PanelPoint& point : points) {
    const double x = x_of(point.shift_bits);
    const double y = y_of(point.height);
    path += fmt::format("{}{:.1f} {:.1f} ", path.empty() ? "M" : "L", x, y);
    marks += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\" fill=\"{}\"/>\n", x, y, stroke.colour);
    if (!point.text.empty())
      marks += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"middle\">{}</text>\n", x,
                           y + (y < kPanelTop + 24 ? 18 : -8), point.text);
  }
  svg_ += fmt::format(
      "<g><title>{}</title><path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\" "
      "stroke-dasharray=\"{}\"/>\n{}</g>\n",
      escaped(text), path, stroke.colour, stroke.dashes, marks);
  legend(text, stroke.colour, stroke.dashes);
}

void PanelDrawing::legend(const std::string& text, const std::string& colour, const std::string& dashes) {
  svg_ += fmt::format(
      "<line x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\" stroke=\"{3}\" stroke-width=\"2\" "
      "stroke-dasharray=\"{4}\"/>"
      "<text x=\"{5}\" y=\"{6:.1f}\">{7}</text>\n",
      kPanelLeft, kPanelLeft + 26, legend_y_, colour, dashes, kPanelLeft + 34, legend_y_ + 4, escaped(text));
  legend_y_ += kLegendLine;
}

PanelStroke panel_stroke(std::size_t i) {
  static constexpr std::array<const char*, 6> kColours = {"#1f6feb", "#d1242f", "#1a7f37",
                                                          "#9a6700", "#8250df", "#0a7ea4"};
  static constexpr std::array<const char*, 5> kDashes = {"", "7 3", "2 2", "10 3 2 3", "14 5"};
  return {kColours[i % kColours.size()], kDashes[i / kColours.size() % kDashes.size()]};
}

double number_in(const SweepRow& row, const std::string& column) {
  const auto found = row.find(column);
  return found == row.end() || found->second.empty() ? 0.0 : std::stod(found->second);
}

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) result += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
  return result;
}

}  // namespace evenshift::cli

#include "cli/sweep_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "cli/sweep_area_panel.h"
#include "cli/sweep_panel.h"

namespace evenshift::cli {
namespace {

std::string percentage(double fraction) { return fmt::format("{:.1f}", 100 * fraction); }

/// What a curve is of, besides shift bits: "shift, weights 8, activations 8".
std::string series_of(const SweepRow& row) {
  return fmt::format("equalize {}, weights {} bits, activations {} bits", row.at("equalize"), row.at("weight_bits"),
                     row.at("activation_bits"));
}

std::vector<std::string> models_of(const std::vector<SweepRow>& rows) {
  std::vector<std::string> models;
  for (const SweepRow& row : rows)
    if (std::ranges::find(models, row.at("model")) == models.end()) models.push_back(row.at("model"));
  return models;
}

std::vector<PanelTick> percent_ticks() {
  std::vector<PanelTick> ticks;
  for (int tick = 0; tick <= 100; tick += 20) ticks.push_back({tick / 100.0, std::to_string(tick)});
  return ticks;
}

Panel accuracy_panel(const std::string& model, const std::vector<SweepRow>& rows) {
  std::map<std::string, std::vector<const SweepRow*>> curves;
  std::vector<const SweepRow*> levels;
  const SweepRow* any = nullptr;
  for (const SweepRow& row : rows) {
    if (row.at("model") != model) continue;
    any = &row;
    if (row.at("requant_scale") == kShiftedScale)
      curves[series_of(row)].push_back(&row);
    else
      levels.push_back(&row);
  }
  PanelDrawing drawing(fmt::format("{} ({} images)", model, any->at("images")), "top-1, percent", percent_ticks());
  const auto level = [&](double fraction, const std::string& text, const std::string& colour, const char* dashes) {
    drawing.level(fraction, fmt::format("{}: {} %", text, percentage(fraction)), colour, dashes);
  };
  level(number_in(*any, "float_top1"), "float", "#57606a", "6 4");
  std::size_t colour = 2;
  for (const SweepRow* row : levels)
    level(number_in(*row, "top1"), row->at("requant_scale") + ", weights " + row->at("weight_bits") + " bits",
          panel_colour(colour++), "2 3");
  colour = 0;
  for (auto& [name, curve] : curves) {
    std::ranges::sort(curve, {}, [](const SweepRow* row) { return number_in(*row, "shift_bits"); });
    std::vector<PanelPoint> points;
    for (const SweepRow* row : curve) {
      const double top1 = number_in(*row, "top1");
      points.push_back({number_in(*row, "shift_bits"), top1, curves.size() == 1 ? percentage(top1) : ""});
    }
    drawing.curve(points, name, panel_colour(colour++));
  }
  return drawing.panel();
}

}  // namespace

std::string accuracy_chart(const std::vector<SweepRow>& rows) {
  constexpr const char* kStyle =
      "<style>text{font:12px sans-serif;fill:#24292f}.title{font-weight:bold;font-size:14px}.middle{text-anchor:middle}"
      ".end{text-anchor:end}.value{paint-order:stroke;stroke:#fff;stroke-width:4px}.grid{stroke:#d0d7de;stroke-width:1}"
      "</style>\n";
  std::vector<Panel> panels;
  for (const std::string& model : models_of(rows)) panels.push_back(accuracy_panel(model, rows));
  if (const auto area = area_panel(rows)) panels.push_back(*area);
  std::string svg;
  double height = 0;
  for (std::size_t i = 0; i < panels.size(); ++i) {
    svg +=
        fmt::format("<g transform=\"translate({} 0)\">\n{}</g>\n", static_cast<double>(i) * kPanelWidth, panels[i].svg);
    height = std::max(height, panels[i].height);
  }
  const double width = kPanelWidth * static_cast<double>(std::max<std::size_t>(1, panels.size()));
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\">\n{2}"
      "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{3}</svg>\n",
      width, height + 6, kStyle, svg);
}

std::string sweep_report_html(const std::vector<SweepRow>& rows) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Evenshift sweep</title><style>"
      "body{font:14px sans-serif;margin:2em;color:#24292f}table{border-collapse:collapse;margin-top:1.5em}"
      "td,th{border:1px solid #d0d7de;padding:4px "
      "8px;text-align:right}th{background:#f6f8fa}td:first-child{text-align:left}"
      "</style></head><body><h1>Accuracy against shifter width</h1>\n" +
      accuracy_chart(rows) + "<table><tr>";
  for (const std::string& column : sweep_columns()) html += "<th>" + escaped(column) + "</th>";
  html += "</tr>\n";
  for (const SweepRow& row : rows) {
    html += "<tr>";
    for (const std::string& column : sweep_columns()) html += "<td>" + escaped(row.at(column)) + "</td>";
    html += "</tr>\n";
  }
  return html + "</table></body></html>\n";
}

std::string sweep_table(const std::vector<SweepRow>& rows) {
  std::string text =
      fmt::format("{:<30} {:<25} {:>5} {:>7} {:>5} {:<10} {:>7} {:>7} {:>7} {:>9} {:>8} {:>10} {:>10} {:>9}\n", "model",
                  "requant scale", "shift", "weights", "acts", "equalize", "float", "top-1", "top-5", "agreement",
                  "SQNR dB", "bytes", "cycles", "core GE");
  for (const SweepRow& row : rows)
    text +=
        fmt::format("{:<30} {:<25} {:>5} {:>7} {:>5} {:<10} {:>7} {:>7} {:>7} {:>9} {:>8} {:>10} {:>10} {:>9}\n",
                    row.at("model"), row.at("requant_scale"), row.at("shift_bits"), row.at("weight_bits"),
                    row.at("activation_bits"), row.at("equalize"), percentage(number_in(row, "float_top1")),
                    percentage(number_in(row, "top1")), percentage(number_in(row, "top5")),
                    percentage(number_in(row, "agreement")), fmt::format("{:.1f}", number_in(row, "output_sqnr_db")),
                    row.at("image_bytes"), row.at("total_cycles"), row.at("conv_core_ge"));
  return text;
}

}  // namespace evenshift::cli

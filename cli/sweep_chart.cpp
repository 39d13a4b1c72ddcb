#include "cli/sweep_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "cli/sweep_area_panel.h"
#include "cli/sweep_panel.h"

namespace evenshift::cli {
namespace {

constexpr double kPanelGap = 14;

std::string percentage(double fraction) { return fmt::format("{:.1f}", 100 * fraction); }

/// What a panel is of.
std::string model_of(const SweepRow& row) { return row.at("model"); }
std::string bits_of(const SweepRow& row) {
  return fmt::format("weights {} bits, activations {} bits", row.at("weight_bits"), row.at("activation_bits"));
}

std::vector<std::string> values_of(const std::vector<SweepRow>& rows, std::string (*value)(const SweepRow&)) {
  std::vector<std::string> values;
  for (const SweepRow& row : rows)
    if (std::ranges::find(values, value(row)) == values.end()) values.push_back(value(row));
  return values;
}

std::vector<PanelTick> percent_ticks() {
  std::vector<PanelTick> ticks;
  for (int tick = 0; tick <= 100; tick += 20) ticks.push_back({tick / 100.0, std::to_string(tick)});
  return ticks;
}

/// Top-1 of rows of one model and of the same bits.
Panel accuracy_panel(const std::vector<const SweepRow*>& rows) {
  std::map<std::string, std::vector<const SweepRow*>> curves;
  std::vector<const SweepRow*> levels;
  for (const SweepRow* row : rows)
    if (row->at("requant_scale") == kShiftedScale)
      curves[row->at("equalize")].push_back(row);
    else
      levels.push_back(row);
  // A level has the colour of the curve with the same methods.
  std::set<std::string> methods;
  for (const SweepRow* row : rows) methods.insert(row->at("equalize"));
  const auto stroke_of = [&](const std::string& method) {
    return panel_stroke(static_cast<std::size_t>(std::distance(methods.begin(), methods.find(method))));
  };
  const SweepRow& any = *rows.front();
  PanelDrawing drawing(model_of(any) + ", " + bits_of(any),
                       fmt::format("top-1, percent of {} images", any.at("images")), percent_ticks());
  const auto level = [&](double fraction, const std::string& text, const std::string& colour, const char* dashes) {
    drawing.level(fraction, fmt::format("{}: {} %", text, percentage(fraction)), colour, dashes);
  };
  level(number_in(any, "float_top1"), "float", "#57606a", "6 4");
  for (const SweepRow* row : levels)
    level(number_in(*row, "top1"), row->at("requant_scale") + ", equalize " + row->at("equalize"),
          stroke_of(row->at("equalize")).colour, row->at("requant_scale") == "channel_multiplier" ? "2 3" : "9 3 2 3");
  for (auto& [method, curve] : curves) {
    std::ranges::sort(curve, {}, [](const SweepRow* row) { return number_in(*row, "shift_bits"); });
    // A curve alone has its values at its points, several have them in the legend.
    std::vector<PanelPoint> points;
    std::string values;
    for (const SweepRow* row : curve) {
      const double top1 = number_in(*row, "top1");
      points.push_back({number_in(*row, "shift_bits"), top1, curves.size() == 1 ? percentage(top1) : ""});
      values += (values.empty() ? ": " : " ") + percentage(top1);
    }
    drawing.curve(points, "equalize " + method + (curves.size() == 1 ? "" : values), stroke_of(method));
  }
  return drawing.panel();
}

}  // namespace

std::string accuracy_chart(const std::vector<SweepRow>& rows) {
  constexpr const char* kStyle =
      "<style>text{font:12px sans-serif;fill:#24292f}.title{font-weight:bold;font-size:14px}.middle{text-anchor:middle}"
      ".end{text-anchor:end}.value{paint-order:stroke;stroke:#fff;stroke-width:4px}.grid{stroke:#d0d7de;stroke-width:1}"
      "</style>\n";
  const std::vector<std::string> models = values_of(rows, model_of);
  std::string svg;
  double width = 0, height = 0;
  const auto put = [&](const Panel& panel, std::size_t column, double y) {
    svg += fmt::format("<g transform=\"translate({} {})\">\n{}</g>\n", static_cast<double>(column) * kPanelWidth, y,
                       panel.svg);
    width = std::max(width, kPanelWidth * static_cast<double>(column + 1));
    height = std::max(height, y + panel.height);
  };
  if (const auto area = area_panel(rows)) put(*area, models.size(), 0);
  double y = 0;
  for (const std::string& bits : values_of(rows, bits_of)) {
    double lowest = y;
    for (std::size_t column = 0; column < models.size(); ++column) {
      std::vector<const SweepRow*> own;
      for (const SweepRow& row : rows)
        if (model_of(row) == models[column] && bits_of(row) == bits) own.push_back(&row);
      if (own.empty()) continue;
      const Panel panel = accuracy_panel(own);
      put(panel, column, y);
      lowest = std::max(lowest, y + panel.height);
    }
    y = lowest + kPanelGap;
  }
  width = std::max(width, kPanelWidth);
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

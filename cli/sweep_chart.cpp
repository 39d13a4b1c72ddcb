#include "cli/sweep_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace evenshift::cli {
namespace {

constexpr double kWidth = 560, kHeight = 330, kLeft = 58, kRight = 20, kTop = 44, kBottom = 48, kInset = 22;
constexpr double kLegendLine = 18;
constexpr int kMostShiftBits = 5;
constexpr std::array<const char*, 6> kColours = {"#1f6feb", "#d1242f", "#1a7f37", "#9a6700", "#8250df", "#0a7ea4"};
constexpr const char* kShifted = "layer_with_channel_shift";

double number(const SweepRow& row, const std::string& column) {
  const auto found = row.find(column);
  return found == row.end() || found->second.empty() ? 0.0 : std::stod(found->second);
}

std::string percentage(double fraction) { return fmt::format("{:.1f}", 100 * fraction); }

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) result += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
  return result;
}

double x_of(double shift_bits) {
  return kLeft + kInset + shift_bits / kMostShiftBits * (kWidth - kLeft - kRight - 2 * kInset);
}
double y_of(double fraction) { return kTop + (1 - fraction) * (kHeight - kTop - kBottom); }

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

std::string axes(const std::string& title) {
  std::string svg = fmt::format("<text x=\"{}\" y=\"22\" class=\"title\">{}</text>\n", kLeft, escaped(title));
  for (int tick = 0; tick <= 100; tick += 20)
    svg += fmt::format(
        "<line x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\" class=\"grid\"/><text x=\"{3}\" y=\"{4:.1f}\" "
        "class=\"end\">{5}</text>\n",
        kLeft, kWidth - kRight, y_of(tick / 100.0), kLeft - 8, y_of(tick / 100.0) + 4, tick);
  for (int bits = 0; bits <= kMostShiftBits; ++bits)
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{}\" class=\"middle\">{}</text>\n", x_of(bits), kHeight - kBottom + 18,
                       bits);
  return svg + fmt::format(
                   "<text x=\"{:.1f}\" y=\"{}\" class=\"middle\">shift bits</text>\n"
                   "<text transform=\"translate(16 {:.1f}) rotate(-90)\" class=\"middle\">top-1, percent</text>\n",
                   x_of(kMostShiftBits / 2.0), kHeight - kBottom + 38, y_of(0.5));
}

struct Panel {
  std::string svg;
  double height = 0;
};

Panel panel(const std::string& model, const std::vector<SweepRow>& rows) {
  std::map<std::string, std::vector<const SweepRow*>> curves;
  std::vector<const SweepRow*> levels;
  const SweepRow* any = nullptr;
  for (const SweepRow& row : rows) {
    if (row.at("model") != model) continue;
    any = &row;
    if (row.at("requant_scale") == kShifted)
      curves[series_of(row)].push_back(&row);
    else
      levels.push_back(&row);
  }
  std::string svg = axes(fmt::format("{} ({} images)", model, any->at("images")));
  double legend_y = kHeight + 4;
  std::size_t colour = 0;
  const auto legend = [&](const std::string& text, const char* paint, const char* dash) {
    svg += fmt::format(
        "<line x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\" stroke=\"{3}\" stroke-width=\"2\" "
        "stroke-dasharray=\"{4}\"/>"
        "<text x=\"{5}\" y=\"{6:.1f}\">{7}</text>\n",
        kLeft, kLeft + 26, legend_y, paint, dash, kLeft + 34, legend_y + 4, escaped(text));
    legend_y += kLegendLine;
  };
  const auto level = [&](double fraction, const std::string& text, const char* paint, const char* dash) {
    svg += fmt::format(
        "<line x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\" stroke=\"{3}\" stroke-width=\"1.5\" "
        "stroke-dasharray=\"{4}\"/>\n",
        kLeft, kWidth - kRight, y_of(fraction), paint, dash);
    legend(fmt::format("{}: {} %", text, percentage(fraction)), paint, dash);
  };
  level(number(*any, "float_top1"), "float", "#57606a", "6 4");
  for (const SweepRow* row : levels)
    level(number(*row, "top1"), row->at("requant_scale") + ", weights " + row->at("weight_bits") + " bits",
          kColours[(colour++ + 2) % kColours.size()], "2 3");
  colour = 0;
  for (auto& [name, points] : curves) {
    std::ranges::sort(points, {}, [](const SweepRow* row) { return number(*row, "shift_bits"); });
    const char* paint = kColours[colour++ % kColours.size()];
    std::string path;
    std::string points_svg;
    for (const SweepRow* row : points) {
      const double x = x_of(number(*row, "shift_bits"));
      const double y = y_of(number(*row, "top1"));
      path += fmt::format("{}{:.1f} {:.1f} ", path.empty() ? "M" : "L", x, y);
      points_svg += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\" fill=\"{}\"/>\n", x, y, paint);
      if (curves.size() == 1)
        points_svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"middle\">{}</text>\n", x,
                                  y + (y < kTop + 24 ? 18 : -8), percentage(number(*row, "top1")));
    }
    svg += fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>\n", path, paint);
    svg += points_svg;
    legend(name, paint, "");
  }
  return {svg, legend_y};
}

}  // namespace

std::string accuracy_chart(const std::vector<SweepRow>& rows) {
  constexpr const char* kStyle =
      "<style>text{font:12px sans-serif;fill:#24292f}.title{font-weight:bold;font-size:14px}.middle{text-anchor:middle}"
      ".end{text-anchor:end}.value{paint-order:stroke;stroke:#fff;stroke-width:4px}.grid{stroke:#d0d7de;stroke-width:1}"
      "</style>\n";
  const auto models = models_of(rows);
  std::string panels;
  double height = 0;
  for (std::size_t i = 0; i < models.size(); ++i) {
    const Panel drawn = panel(models[i], rows);
    panels += fmt::format("<g transform=\"translate({} 0)\">\n{}</g>\n", static_cast<double>(i) * kWidth, drawn.svg);
    height = std::max(height, drawn.height);
  }
  const double width = kWidth * static_cast<double>(std::max<std::size_t>(1, models.size()));
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\">\n{2}"
      "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{3}</svg>\n",
      width, height + 6, kStyle, panels);
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
  std::string text = fmt::format("{:<30} {:<25} {:>5} {:>7} {:>5} {:<10} {:>7} {:>7} {:>7} {:>9} {:>8} {:>10} {:>10}\n",
                                 "model", "requant scale", "shift", "weights", "acts", "equalize", "float", "top-1",
                                 "top-5", "agreement", "SQNR dB", "bytes", "cycles");
  for (const SweepRow& row : rows)
    text += fmt::format("{:<30} {:<25} {:>5} {:>7} {:>5} {:<10} {:>7} {:>7} {:>7} {:>9} {:>8} {:>10} {:>10}\n",
                        row.at("model"), row.at("requant_scale"), row.at("shift_bits"), row.at("weight_bits"),
                        row.at("activation_bits"), row.at("equalize"), percentage(number(row, "float_top1")),
                        percentage(number(row, "top1")), percentage(number(row, "top5")),
                        percentage(number(row, "agreement")), fmt::format("{:.1f}", number(row, "output_sqnr_db")),
                        row.at("image_bytes"), row.at("total_cycles"));
  return text;
}

}  // namespace evenshift::cli

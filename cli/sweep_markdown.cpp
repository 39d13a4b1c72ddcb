#include "cli/sweep_markdown.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "arch/numerics/requantize.h"

namespace evenshift::cli {
namespace {

std::vector<std::string> values_of(const std::vector<SweepRow>& rows, auto&& value) {
  std::vector<std::string> values;
  for (const SweepRow& row : rows)
    if (const std::string found = value(row); std::ranges::find(values, found) == values.end()) values.push_back(found);
  return values;
}

/// "4 bits", or the name of a requant scale without a channel shift.
std::string column_of(const SweepRow& row) {
  const std::string& scale = row.at("requant_scale");
  return scale == to_string(RequantScale::layer_with_channel_shift) ? row.at("shift_bits") + " bits"
                                                                    : "`" + scale + "`";
}

std::string cell_of(const SweepRow& row) {
  return fmt::format("{:.1f} ({:.1f})", 100 * std::stod(row.at("top1")), 100 * std::stod(row.at("agreement")));
}

std::string table(const std::vector<SweepRow>& rows) {
  std::vector<std::string> columns = values_of(rows, column_of);
  std::ranges::sort(columns);
  std::string head = "| `--equalize` |";
  std::string rule = "|---|";
  for (const std::string& column : columns) {
    head += " " + column + " |";
    rule += "---|";
  }
  std::string text = head + "\n" + rule + "\n";
  for (const std::string& method : values_of(rows, [](const SweepRow& row) { return row.at("equalize"); })) {
    std::map<std::string, std::string> cells;
    for (const SweepRow& row : rows)
      if (row.at("equalize") == method) cells[column_of(row)] = cell_of(row);
    text += "| `" + method + "` |";
    for (const std::string& column : columns) text += " " + (cells.contains(column) ? cells[column] : "–") + " |";
    text += "\n";
  }
  return text;
}

}  // namespace

std::string sweep_markdown(const std::vector<SweepRow>& rows) {
  const auto section_of = [](const SweepRow& row) {
    return fmt::format("{}, weights {} bits, activations {} bits, {} images, float {:.1f}", row.at("model"),
                       row.at("weight_bits"), row.at("activation_bits"), row.at("images"),
                       100 * std::stod(row.at("float_top1")));
  };
  std::string text;
  for (const std::string& section : values_of(rows, section_of)) {
    std::vector<SweepRow> own;
    for (const SweepRow& row : rows)
      if (section_of(row) == section) own.push_back(row);
    text += "### " + section + "\n\n" + table(own) + "\n";
  }
  return text;
}

}  // namespace evenshift::cli

#include "cli/area.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "arch/base/error.h"
#include "host/csv.h"

namespace evenshift::cli {

/// The text of docs/area.csv; the build writes it.
extern const char* const kAreaTable;

namespace {

constexpr std::array kParameters = {
    "mac_rows",        "mac_cols",      "requant_lanes", "accumulator_bits", "accumulator_entries",
    "multiplier_bits", "requant_scale", "shift_bits",    "rounding"};
constexpr const char* kLane = "evenshift_requantizer";

std::map<std::string, std::string> parameters_of(const NpuConfig& config) {
  const auto& core = config.conv_core;
  const auto& requantizer = config.requantizer;
  return {{"mac_rows", std::to_string(core.mac_rows)},
          {"mac_cols", std::to_string(core.mac_cols)},
          {"requant_lanes", std::to_string(core.requant_lanes)},
          {"accumulator_bits", std::to_string(core.accumulator_bits)},
          {"accumulator_entries", std::to_string(core.accumulator_entries)},
          {"multiplier_bits", std::to_string(requantizer.multiplier_bits)},
          {"requant_scale", std::string(to_string(requantizer.requant_scale))},
          {"shift_bits", std::to_string(requantizer.shift_bits)},
          {"rounding", std::string(to_string(requantizer.rounding))}};
}

std::int64_t integer(const std::string& text, const std::string& where) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0)
    fail("{}: '{}' is no number of gates; an integer from 0 on is expected", where, text);
  return value;
}

}  // namespace

AreaTable::AreaTable(const std::string& csv, const std::string& name) {
  const host::CsvTable table = host::parse_csv(csv, name);
  const auto column = [&](const std::string& title) {
    const auto found = std::ranges::find(table.header, title);
    if (found == table.header.end()) fail("{}:{}: the column '{}' is missing", name, table.header_line, title);
    return static_cast<std::size_t>(found - table.header.begin());
  };
  const std::size_t module = column("module");
  const std::size_t per = column("per");
  for (const auto& record : table.rows) {
    const std::string where = fmt::format("{}:{}", name, record.line);
    Row row{record.fields[module], record.fields[per], {}, 0};
    if (row.per != "core" && row.per != "column" && row.per != "lane")
      fail("{}: '{}' is not what a core has parts per: core, column, lane", where, row.per);
    for (const char* parameter : kParameters)
      if (const std::string& value = record.fields[column(parameter)]; !value.empty())
        row.parameters[parameter] = value;
    for (const char* gates : {"combinational_ge", "flip_flop_ge"})
      row.gates += integer(record.fields[column(gates)], where);
    rows_.push_back(std::move(row));
  }
}

Area AreaTable::area_of(const NpuConfig& config) const {
  const auto machine = parameters_of(config);
  const auto fits = [&](const Row& row) {
    return std::ranges::all_of(row.parameters, [&](const auto& own) { return machine.at(own.first) == own.second; });
  };
  const auto times = [&](const Row& row) {
    if (row.per == "lane") return config.conv_core.requant_lanes;
    return row.per == "column" ? config.conv_core.mac_cols : std::int64_t{1};
  };
  std::set<std::string> missing;
  for (const Row& row : rows_) missing.insert(row.module);
  Area area;
  std::int64_t sum = 0;
  for (const Row& row : rows_) {
    if (!missing.contains(row.module) || !fits(row)) continue;
    missing.erase(row.module);
    sum += times(row) * row.gates;
    if (row.module == kLane) area.requantizers = times(row) * row.gates;
  }
  if (missing.empty() && !rows_.empty()) area.conv_core = sum;
  return area;
}

const AreaTable& area_table() {
  static const AreaTable table(kAreaTable, "docs/area.csv");
  return table;
}

}  // namespace evenshift::cli

#include "cli/area.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "arch/base/check.h"
#include "host/csv.h"

namespace evenshift::cli {

/// The text of docs/area.csv; the build writes it.
extern const char* const kAreaTable;

namespace {

using Fields = std::map<std::string, std::string>;

const std::vector<Fields>& table() {
  static const std::vector<Fields> rows = [] {
    const host::CsvTable csv = host::parse_csv(kAreaTable, "docs/area.csv");
    std::vector<Fields> all;
    for (const auto& row : csv.rows) {
      Fields& fields = all.emplace_back();
      for (std::size_t i = 0; i < csv.header.size(); ++i) fields[csv.header[i]] = row.fields[i];
    }
    return all;
  }();
  return rows;
}

/// The value of the row that has these fields.
std::optional<double> find(const Fields& key) {
  for (const Fields& row : table())
    if (std::ranges::all_of(key, [&](const auto& field) { return row.at(field.first) == field.second; }))
      return std::stod(row.at("value"));
  return std::nullopt;
}

double gates_of(const Fields& key) {
  const auto gates = find(key);
  check(gates.has_value(), "a row of docs/area.csv");
  return *gates;
}

double lane_gates(const std::string& scale, RoundingMode rounding, std::int64_t shift_bits) {
  const auto lane = [](const std::string& requant_scale, RoundingMode mode, std::int64_t bits) {
    return gates_of({{"part", "lane"},
                     {"requant_scale", requant_scale},
                     {"rounding", std::string(to_string(mode))},
                     {"shift_bits", std::to_string(bits)}});
  };
  const std::string shifted(to_string(RequantScale::layer_with_channel_shift));
  return lane(scale, RoundingMode::half_up, shift_bits) + lane(shifted, rounding, 4) -
         lane(shifted, RoundingMode::half_up, 4);
}

}  // namespace

Area area_of(const NpuConfig& config) {
  const auto& core = config.conv_core;
  const auto& requantizer = config.requantizer;
  if (requantizer.multiplier_bits != 31 || core.accumulator_bits != 32)
    return {{},
            fmt::format("synthesized with 31 multiplier bits and 32 accumulator bits, not with {} and {}",
                        requantizer.multiplier_bits, core.accumulator_bits)};
  const auto array = find(
      {{"part", "array"}, {"mac_rows", std::to_string(core.mac_rows)}, {"mac_cols", std::to_string(core.mac_cols)}});
  if (!array) return {{}, fmt::format("no array of {} x {} has been synthesized", core.mac_rows, core.mac_cols)};

  const std::string scale(to_string(requantizer.requant_scale));
  const std::int64_t shift_bits =
      requantizer.requant_scale == RequantScale::layer_with_channel_shift ? requantizer.shift_bits : 0;
  const auto part = [&](const char* name) {
    return gates_of({{"part", name}, {"requant_scale", scale}, {"shift_bits", std::to_string(shift_bits)}});
  };
  return {*array + static_cast<double>(core.mac_cols) * part("column") +
              static_cast<double>(core.requant_lanes) * lane_gates(scale, requantizer.rounding, shift_bits) +
              part("once"),
          ""};
}

}  // namespace evenshift::cli

#include "sim/stats/run_statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/stats/counters.h"

namespace evenshift::sim {
namespace {

constexpr int kSchemaVersion = 1;

std::string layer_table(const RunStatistics& statistics) {
  std::size_t name_width = 5;
  std::size_t kind_width = 4;
  for (const LayerStatistics& layer : statistics.layers) {
    name_width = std::max(name_width, layer.name.size());
    kind_width = std::max(kind_width, layer.kind.size());
  }
  std::string text =
      fmt::format("{:<{}}  {:<{}}  {:>12}  {:>6}  {:>14}  {:>7}  {:>12}  {:>12}  {:>10}\n", "layer", name_width, "kind",
                  kind_width, "cycles", "share", "macs", "util", "read bytes", "write bytes", "clamped");
  const auto row = [&](const std::string& name, const std::string& kind, std::int64_t cycles, std::int64_t macs,
                       double utilization, std::int64_t read, std::int64_t written, std::int64_t clamped) {
    const double share = statistics.total_cycles > 0
                             ? 100.0 * static_cast<double>(cycles) / static_cast<double>(statistics.total_cycles)
                             : 0.0;
    text += fmt::format("{:<{}}  {:<{}}  {:>12}  {:>5.1f}%  {:>14}  {:>6.1f}%  {:>12}  {:>12}  {:>10}\n", name,
                        name_width, kind, kind_width, cycles, share, macs, 100 * utilization, read, written, clamped);
  };
  for (const LayerStatistics& layer : statistics.layers)
    row(layer.name, layer.kind, layer.cycles, layer.macs, layer.utilization, layer.dram_read_bytes,
        layer.dram_written_bytes, layer.clamped_low + layer.clamped_high);
  const auto& compute = statistics.compute;
  row("total", "", statistics.total_cycles, compute.macs, statistics.utilization(), statistics.dram.read_bytes,
      statistics.dram.written_bytes,
      compute.conv_clamped_low + compute.conv_clamped_high + compute.vector_clamped_low + compute.vector_clamped_high);
  return text;
}

}  // namespace

const char* name_of(isa::Unit unit) {
  switch (unit) {
    case isa::Unit::load:
      return "load";
    case isa::Unit::compute:
      return "compute";
    case isa::Unit::store:
      return "store";
  }
  return "";
}

double RunStatistics::utilization() const {
  if (total_cycles == 0) return 0;
  return static_cast<double>(compute.macs) /
         (static_cast<double>(total_cycles) * static_cast<double>(mac_rows * mac_cols));
}

double RunStatistics::milliseconds() const {
  return static_cast<double>(total_cycles) / (1000.0 * static_cast<double>(clock_mhz));
}

std::string to_text(const RunStatistics& statistics) {
  std::string text = layer_table(statistics);
  text +=
      fmt::format("\n{}: {} cycles, {:.3f} ms at {} MHz, {} MACs, {:.1f} % of {} x {} MACs a cycle\n",
                  statistics.machine, statistics.total_cycles, statistics.milliseconds(), statistics.clock_mhz,
                  statistics.compute.macs, 100 * statistics.utilization(), statistics.mac_rows, statistics.mac_cols);
  visit_units(statistics, [&](const char* unit, const auto& visit) {
    text += fmt::format("\n{}\n", unit);
    visit([&](const std::string& key, auto value, const char* sentence) {
      text += fmt::format("  {:<36}{:>14}  {}\n", key, value, sentence);
    });
  });
  return text;
}

nlohmann::ordered_json to_json(const RunStatistics& statistics) {
  nlohmann::ordered_json json;
  json["schema_version"] = kSchemaVersion;
  json["machine"] = statistics.machine;
  json["clock_mhz"] = statistics.clock_mhz;
  json["mac_rows"] = statistics.mac_rows;
  json["mac_cols"] = statistics.mac_cols;
  json["total_cycles"] = statistics.total_cycles;
  json["total_milliseconds"] = statistics.milliseconds();
  json["total_macs"] = statistics.compute.macs;
  json["utilization"] = statistics.utilization();
  json["layers"] = nlohmann::ordered_json::array();
  for (const LayerStatistics& layer : statistics.layers) {
    auto& entry = json["layers"].emplace_back();
    entry["name"] = layer.name;
    entry["kind"] = layer.kind;
    visit_counters(layer, [&](const char* key, auto value, const char*) { entry[key] = value; });
  }
  visit_units(statistics, [&](const char* unit, const auto& visit) {
    auto& entry = json["units"][unit];
    visit([&](const std::string& key, auto value, const char*) { entry[key] = value; });
  });
  return json;
}

}  // namespace evenshift::sim

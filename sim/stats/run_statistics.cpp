#include "sim/stats/run_statistics.h"

#include <nlohmann/json.hpp>

#include "sim/stats/counters.h"
#include "sim/stats/energy.h"
#include "sim/stats/roofline.h"

namespace evenshift::sim {
namespace {

constexpr int kSchemaVersion = 1;

nlohmann::ordered_json json_of(const Energy& energy) {
  nlohmann::ordered_json json;
  visit_energy(energy, [&](const char* key, double picojoules, const char*) { json[key] = picojoules; });
  json["total_pj"] = energy.total_pj();
  return json;
}

nlohmann::ordered_json json_of(const Roofline& roofline) {
  return {{"bound", roofline.memory_bound() ? "memory" : "compute"},
          {"macs_per_byte", roofline.macs_per_byte},
          {"attainable_macs_per_cycle", roofline.attainable_macs_per_cycle},
          {"achieved_macs_per_cycle", roofline.achieved_macs_per_cycle},
          {"compute_floor_cycles", roofline.compute_floor_cycles},
          {"memory_floor_cycles", roofline.memory_floor_cycles}};
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

std::int64_t RunStatistics::macs_per_cycle() const { return config.conv_core.mac_rows * config.conv_core.mac_cols; }

double RunStatistics::utilization() const {
  if (total_cycles == 0) return 0;
  return static_cast<double>(compute.macs) /
         (static_cast<double>(total_cycles) * static_cast<double>(macs_per_cycle()));
}

double RunStatistics::milliseconds() const {
  return static_cast<double>(total_cycles) / (1000.0 * static_cast<double>(config.clock_mhz));
}

nlohmann::ordered_json to_json(const RunStatistics& statistics) {
  nlohmann::ordered_json json;
  json["schema_version"] = kSchemaVersion;
  json["machine"] = statistics.config.name;
  json["clock_mhz"] = statistics.config.clock_mhz;
  json["mac_rows"] = statistics.config.conv_core.mac_rows;
  json["mac_cols"] = statistics.config.conv_core.mac_cols;
  json["total_cycles"] = statistics.total_cycles;
  json["total_milliseconds"] = statistics.milliseconds();
  json["total_macs"] = statistics.compute.macs;
  json["utilization"] = statistics.utilization();
  json["energy"] = json_of(energy_of(statistics));
  json["layers"] = nlohmann::ordered_json::array();
  for (const LayerStatistics& layer : statistics.layers) {
    auto& entry = json["layers"].emplace_back();
    entry["name"] = layer.name;
    entry["kind"] = layer.kind;
    visit_counters(layer, [&](const char* key, auto value, const char*) { entry[key] = value; });
    entry["roofline"] = json_of(roofline_of(layer, statistics.config));
    entry["energy"] = json_of(energy_of(layer, statistics.config.energy));
  }
  visit_units(statistics, [&](const char* unit, const auto& visit) {
    auto& entry = json["units"][unit];
    visit([&](const std::string& key, auto value, const char*) { entry[key] = value; });
  });
  return json;
}

}  // namespace evenshift::sim

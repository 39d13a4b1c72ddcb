#include "sim/stats/report.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/stats/counters.h"
#include "sim/stats/energy.h"
#include "sim/stats/roofline.h"

namespace evenshift::sim {
namespace {

double percent(double part, double whole) { return whole > 0 ? 100 * part / whole : 0; }
double percent(std::int64_t part, std::int64_t whole) {
  return percent(static_cast<double>(part), static_cast<double>(whole));
}

double microjoules(const Energy& energy) { return energy.total_pj() * 1e-6; }

/// 1234567 -> "1.23 M".
std::string rounded(std::int64_t count) {
  const auto value = static_cast<double>(count);
  if (count < 1000) return fmt::format("{} ", count);
  if (count < 1'000'000) return fmt::format("{:.1f} k", value * 1e-3);
  return fmt::format("{:.2f} M", value * 1e-6);
}

/// A row of the table: a layer, or the total.
struct Row {
  std::string name, kind;
  std::int64_t cycles, macs;
  double utilization;
  std::string bound;
  double of_bound_percent;
  std::int64_t read_bytes, written_bytes, clamped;
  double microjoules;
};

std::vector<Row> rows_of(const RunStatistics& statistics) {
  std::vector<Row> rows;
  double floor_cycles = 0;
  for (const LayerStatistics& layer : statistics.layers) {
    const Roofline roofline = roofline_of(layer, statistics.config);
    floor_cycles += roofline.floor_cycles();
    rows.push_back({layer.name, layer.kind, layer.cycles, layer.macs, layer.utilization,
                    roofline.memory_bound() ? "memory" : "compute",
                    percent(roofline.floor_cycles(), static_cast<double>(layer.cycles)), layer.dram_read_bytes,
                    layer.dram_written_bytes, layer.clamped_low + layer.clamped_high,
                    microjoules(energy_of(layer, statistics.config.energy))});
  }
  const auto& compute = statistics.compute;
  rows.push_back(
      {"total", "", statistics.total_cycles, compute.macs, statistics.utilization(), "",
       percent(floor_cycles, static_cast<double>(statistics.total_cycles)), statistics.dram.read_bytes,
       statistics.dram.written_bytes,
       compute.conv_clamped_low + compute.conv_clamped_high + compute.vector_clamped_low + compute.vector_clamped_high,
       microjoules(energy_of(statistics))});
  return rows;
}

std::string layer_table(const RunStatistics& statistics) {
  const std::vector<Row> rows = rows_of(statistics);
  std::size_t name_width = 5;
  std::size_t kind_width = 4;
  for (const Row& row : rows) {
    name_width = std::max(name_width, row.name.size());
    kind_width = std::max(kind_width, row.kind.size());
  }
  std::string text =
      fmt::format("{:<{}}  {:<{}}  {:>10}  {:>6}  {:>12}  {:>6}  {:<7}  {:>8}  {:>10}  {:>11}  {:>9}  {:>9}\n", "layer",
                  name_width, "kind", kind_width, "cycles", "share", "macs", "util", "bound", "of bound", "read bytes",
                  "write bytes", "clamped", "energy uJ");
  for (const Row& row : rows)
    text += fmt::format(
        "{:<{}}  {:<{}}  {:>10}  {:>5.1f}%  {:>12}  {:>5.1f}%  {:<7}  {:>7.1f}%  {:>10}  {:>11}  {:>9}  {:>9.2f}\n",
        row.name, name_width, row.kind, kind_width, row.cycles, percent(row.cycles, statistics.total_cycles), row.macs,
        100 * row.utilization, row.bound, row.of_bound_percent, row.read_bytes, row.written_bytes, row.clamped,
        row.microjoules);
  return text;
}

/// How the compute unit, along which everything else is arranged, spent the run. The parts add up to 100 %.
std::string compute_summary(const RunStatistics& statistics) {
  const ComputeStatistics& compute = statistics.compute;
  const std::int64_t pipeline = compute.conv_commands * statistics.config.conv_core.pipeline_cycles;
  const std::int64_t streaming =
      compute.conv_cycles - compute.weight_stall_cycles - compute.requant_stall_cycles - pipeline;
  const auto share = [&](std::int64_t cycles) { return percent(cycles, statistics.total_cycles); };
  return fmt::format(
      "  compute   {:5.1f} % array works, {:.1f} % it waits for weights, {:.1f} % for the requantizer, {:.1f} % "
      "pipeline,\n"
      "            {:.1f} % vector unit; waits for: load {:.1f} %, store {:.1f} %, fetch {:.1f} %; {:.1f} % after "
      "its last command\n",
      share(streaming), share(compute.weight_stall_cycles), share(compute.requant_stall_cycles), share(pipeline),
      share(compute.vector_cycles), share(compute.time.stalled_token_cycles[0]),
      share(compute.time.stalled_token_cycles[1]), share(compute.time.stalled_empty_queue_cycles),
      share(compute.time.finished_cycles));
}

std::string memory_summary(const RunStatistics& statistics) {
  const DramStatistics& dram = statistics.dram;
  const std::int64_t bytes = dram.read_bytes + dram.written_bytes;
  std::string text = fmt::format(
      "  DRAM      {}B read, {}B written; its port is busy {:.1f} % of the time, {:.2f} of {} bytes a cycle; "
      "{} MACs a byte\n",
      rounded(dram.read_bytes), rounded(dram.written_bytes), percent(dram.busy_cycles, statistics.total_cycles),
      percent(bytes, statistics.total_cycles) / 100, statistics.config.dram.bytes_per_cycle,
      bytes > 0 ? statistics.compute.macs / bytes : 0);
  text += fmt::format("            {:.1f} % of the rows that bursts touch are open; {} cycles waited for rows\n",
                      percent(dram.row_hits, dram.row_hits + dram.row_misses), dram.row_wait_cycles);
  return text +
         fmt::format("  scratchpad {}B by compute, {}B by load and store; conflicts cost load {} and store {} cycles\n",
                     rounded(statistics.scratchpad.compute_bytes), rounded(statistics.scratchpad.dma_bytes),
                     statistics.load.conflict_cycles, statistics.store.conflict_cycles);
}

std::string roofline_summary(const RunStatistics& statistics) {
  std::int64_t layers = 0;
  std::int64_t cycles = 0;
  for (const LayerStatistics& layer : statistics.layers)
    if (roofline_of(layer, statistics.config).memory_bound()) {
      ++layers;
      cycles += layer.cycles;
    }
  return fmt::format("  roofline  {} of {} layers are memory-bound, with {:.1f} % of the cycles\n", layers,
                     statistics.layers.size(), percent(cycles, statistics.total_cycles));
}

std::string energy_summary(const RunStatistics& statistics) {
  const Energy energy = energy_of(statistics);
  const double watts = statistics.milliseconds() > 0 ? energy.total_pj() * 1e-9 / statistics.milliseconds() : 0;
  std::string text = fmt::format("  energy    {:.2f} uJ, {:.3f} W:", microjoules(energy), watts);
  const char* separator = " ";
  visit_energy(energy, [&](const char*, double picojoules, const char* name) {
    if (picojoules <= 0) return;
    text += fmt::format("{}{} {:.1f} %", separator, name, percent(picojoules, energy.total_pj()));
    separator = ", ";
  });
  return text + "\n";
}

}  // namespace

std::string to_text(const RunStatistics& statistics) {
  const auto& core = statistics.config.conv_core;
  return layer_table(statistics) +
         fmt::format("\n{}: {} cycles, {:.3f} ms at {} MHz, {} MACs, {:.1f} % of {} x {} MACs a cycle\n",
                     statistics.config.name, statistics.total_cycles, statistics.milliseconds(),
                     statistics.config.clock_mhz, statistics.compute.macs, 100 * statistics.utilization(),
                     core.mac_rows, core.mac_cols) +
         compute_summary(statistics) + memory_summary(statistics) + roofline_summary(statistics) +
         energy_summary(statistics);
}

std::string counters_text(const RunStatistics& statistics) {
  std::string text;
  visit_units(statistics, [&](const char* unit, const auto& visit) {
    text += fmt::format("\n{}\n", unit);
    visit([&](const std::string& key, auto value, const char* sentence) {
      text += fmt::format("  {:<36}{:>14}  {}\n", key, value, sentence);
    });
  });
  return text;
}

}  // namespace evenshift::sim

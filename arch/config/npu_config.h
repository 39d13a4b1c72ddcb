#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "arch/config/yaml_schema.h"
#include "arch/numerics/requantize.h"

namespace evenshift {

/// The machine: every parameter of one `npu:` section of a YAML file in `configs/`. The struct is the schema: the
/// reader, the writer and the documentation are generated from `visit`.
struct NpuConfig {
  struct ConvCore {
    std::int64_t mac_rows = 16;              ///< input lanes: reduction elements per cycle
    std::int64_t mac_cols = 16;              ///< output channels per cycle
    std::int64_t accumulator_bits = 32;      ///< signed; the compiler proves that it never wraps
    std::int64_t accumulator_entries = 512;  ///< output positions that one column holds, in each of two banks
    std::int64_t requant_lanes = 16;         ///< outputs requantized per cycle
    std::int64_t pipeline_cycles = 6;        ///< from the last operand to the last byte written
  } conv_core;

  struct Requantizer {
    std::int64_t shift_bits = 4;        ///< bits of k_c
    std::int64_t multiplier_bits = 31;  ///< bits of M
    RoundingMode rounding = RoundingMode::half_up;
    RequantScale requant_scale = RequantScale::layer_with_channel_shift;
  } requantizer;

  struct VectorUnit {
    std::int64_t lanes = 16;           ///< elements (pooling: taps) per cycle
    std::int64_t pipeline_cycles = 4;  ///< start-up of a command
  } vector_unit;

  struct Scratchpad {
    std::int64_t size_bytes = 262144;
    std::int64_t banks = 8;
    std::int64_t bytes_per_bank_per_cycle = 16;
  } scratchpad;

  struct Dma {
    std::int64_t bytes_per_cycle = 16;
    std::int64_t burst_bytes = 256;
    std::int64_t outstanding_bursts = 8;
    std::int64_t setup_cycles = 4;  ///< per command
  } dma;

  struct Dram {
    std::int64_t latency_cycles = 40;
    std::int64_t bytes_per_cycle = 16;
  } dram;

  struct Fetch {
    std::int64_t cycles_per_command = 4;
    std::int64_t queue_entries = 16;  ///< commands that each of the three queues holds
  } fetch;

  /// Rows of the DRAM, kept open until another row of their bank is needed.
  struct DramRows {
    std::int64_t bank_count = 8;
    std::int64_t bytes_per_row = 2048;
    std::int64_t miss_cycles = 0;  ///< closing one row and opening another
  } dram_rows;

  /// Picojoules per event: docs/energy.md says where the defaults come from.
  struct Energy {
    double mac_pj = 0.3;
    double accumulator_update_pj = 5;
    double requantized_output_pj = 3.4;
    double vector_element_pj = 3.2;
    double scratchpad_byte_pj = 2.5;
    double dram_byte_pj = 162.5;
    double leakage_pj_per_cycle = 0;
  } energy;

  std::string name = "npu_16x16";
  std::int64_t clock_mhz = 800;
};

/// Calls visitor.section("conv_core") … visitor.field("mac_rows", config.conv_core.mac_rows, low, high, "sentence") for
/// every key, in the order of the file. A section that is announced by `optional_section` may be missing from a file as
/// a whole: its keys then have their defaults. `Config` is NpuConfig, const or not.
template <typename Config, typename Visitor>
void visit_npu_config(Config& config, Visitor&& visitor) {
  visitor.section("");
  visitor.field("name", config.name, "what reports call the machine");
  visitor.field("clock_mhz", config.clock_mhz, 1, 10000, "clock, for seconds and watts");
  visitor.section("conv_core");
  visitor.field("mac_rows", config.conv_core.mac_rows, 1, 256, "input lanes: reduction elements per cycle");
  visitor.field("mac_cols", config.conv_core.mac_cols, 1, 256, "output channels per cycle");
  visitor.field("accumulator_bits", config.conv_core.accumulator_bits, 16, 32, "bits of a signed accumulator");
  visitor.field("accumulator_entries", config.conv_core.accumulator_entries, 1, 65536,
                "output positions that one column holds");
  visitor.field("requant_lanes", config.conv_core.requant_lanes, 1, 256, "outputs requantized per cycle");
  visitor.field("pipeline_cycles", config.conv_core.pipeline_cycles, 0, 256,
                "cycles from the last operand of a command to its last byte written");
  visitor.section("requantizer");
  visitor.field("shift_bits", config.requantizer.shift_bits, 0, 5, "bits of the shift k_c of an output channel");
  visitor.field("multiplier_bits", config.requantizer.multiplier_bits, 8, 31, "bits of the multiplier M");
  visitor.field("rounding", config.requantizer.rounding, "how the requantizer's right shift rounds");
  visitor.field("requant_scale", config.requantizer.requant_scale,
                "what of the effective scale is stored per layer and what per output channel");
  visitor.section("vector_unit");
  visitor.field("lanes", config.vector_unit.lanes, 1, 256, "elements per cycle");
  visitor.field("pipeline_cycles", config.vector_unit.pipeline_cycles, 0, 256, "start-up cycles of a command");
  visitor.section("scratchpad");
  visitor.field("size_bytes", config.scratchpad.size_bytes, 4096, 1 << 28, "bytes of the scratchpad");
  visitor.field("banks", config.scratchpad.banks, 1, 64, "banks, interleaved by bytes_per_bank_per_cycle");
  visitor.field("bytes_per_bank_per_cycle", config.scratchpad.bytes_per_bank_per_cycle, 1, 256,
                "bytes that a bank reads or writes in a cycle");
  visitor.section("dma");
  visitor.field("bytes_per_cycle", config.dma.bytes_per_cycle, 1, 1024, "bytes that a DMA engine moves in a cycle");
  visitor.field("burst_bytes", config.dma.burst_bytes, 1, 65536, "bytes of the longest burst");
  visitor.field("outstanding_bursts", config.dma.outstanding_bursts, 1, 256, "bursts in flight per engine");
  visitor.field("setup_cycles", config.dma.setup_cycles, 0, 1024, "cycles before the first burst of a command");
  visitor.section("dram");
  visitor.field("latency_cycles", config.dram.latency_cycles, 0, 100000, "cycles from request to first byte");
  visitor.field("bytes_per_cycle", config.dram.bytes_per_cycle, 1, 1024, "bytes per cycle, loads and stores together");
  visitor.section("fetch");
  visitor.field("cycles_per_command", config.fetch.cycles_per_command, 0, 1024, "cycles to fetch and decode a command");
  visitor.field("queue_entries", config.fetch.queue_entries, 1, 4096, "commands that each queue holds");
  visitor.optional_section("dram_rows");
  visitor.field("bank_count", config.dram_rows.bank_count, 1, 256, "banks of the DRAM, each with an open row");
  visitor.field("bytes_per_row", config.dram_rows.bytes_per_row, 1, 1 << 20,
                "bytes of a row; rows lie in turn in the banks");
  visitor.field("miss_cycles", config.dram_rows.miss_cycles, 0, 100000, "more cycles where a row is not open");
  visitor.optional_section("energy");
  constexpr double kMost = 1e9;
  auto& energy = config.energy;
  visitor.field("mac_pj", energy.mac_pj, 0.0, kMost, "picojoules of a multiply-accumulate");
  visitor.field("accumulator_update_pj", energy.accumulator_update_pj, 0.0, kMost,
                "of reading and writing an accumulator");
  visitor.field("requantized_output_pj", energy.requantized_output_pj, 0.0, kMost, "of requantizing an accumulator");
  visitor.field("vector_element_pj", energy.vector_element_pj, 0.0, kMost, "of an element (pooling: a tap)");
  visitor.field("scratchpad_byte_pj", energy.scratchpad_byte_pj, 0.0, kMost, "of a byte read or written");
  visitor.field("dram_byte_pj", energy.dram_byte_pj, 0.0, kMost, "of a byte read or written");
  visitor.field("leakage_pj_per_cycle", energy.leakage_pj_per_cycle, 0.0, kMost, "of the whole machine, in any cycle");
}

/// Faults of a whole configuration, one sentence each: what single ranges cannot say. Empty when it can be built.
std::vector<std::string> npu_config_faults(const NpuConfig& config);

/// Reads the `npu:` section; keys left out are refused by name, as are unknown ones. Adds every fault to `faults`.
NpuConfig read_npu_config(const yaml::Section& section, yaml::Faults& faults);

/// Sets one key, `conv_core.mac_rows` or, where it is unique, `mac_rows`. Returns false when no key has that name.
bool set_npu_config(NpuConfig& config, const std::string& key, const std::string& value, yaml::Faults& faults);

/// The canonical `npu:` section as YAML text: what an image embeds and what its digest is taken of.
std::string to_yaml(const NpuConfig& config);

/// Reads to_yaml's text. Throws Error that names every fault.
NpuConfig npu_config_from_yaml(const std::string& text, const std::string& where);

}  // namespace evenshift

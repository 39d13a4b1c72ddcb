#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "arch/config/npu_config.h"

namespace evenshift::cli {

/// Gate equivalents (areas in two-input NANDs) of a machine's conv core; memory bits are not in them.
struct Area {
  std::optional<std::int64_t>
      requantizers;                       ///< requant_lanes requantizers; nothing where none like them is in the table
  std::optional<std::int64_t> conv_core;  ///< with them; nothing where one of its parts is not in the table
};

/// What scripts/area synthesized, as docs/area.csv has it: a row is a part of the core with the parameters that it
/// depends on.
class AreaTable {
 public:
  /// Throws Error with file and line for a missing column and for a number that is none.
  AreaTable(const std::string& csv, const std::string& name);

  /// Of every part the row whose parameters are those of the machine, docs/area.md:
  ///
  ///     requantizers = requant_lanes · lane
  ///     conv_core    = requantizers + mac_cols · column of the array + the other parts
  [[nodiscard]] Area area_of(const NpuConfig& config) const;

 private:
  struct Row {
    std::string module, per;
    std::map<std::string, std::string> parameters;  ///< those that the row depends on
    std::int64_t gates = 0;                         ///< combinational and flip-flops
  };

  std::vector<Row> rows_;
};

/// The table of docs/area.csv, which the program holds.
const AreaTable& area_table();

}  // namespace evenshift::cli

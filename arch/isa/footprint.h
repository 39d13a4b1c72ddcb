#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "arch/config/npu_config.h"
#include "arch/isa/commands.h"

namespace evenshift::isa {

enum class Memory : std::uint8_t { dram, scratchpad };

/// Rows of bytes that a command reads or writes: row r is [address + r · stride, address + r · stride + row_bytes).
struct Access {
  Memory memory = Memory::scratchpad;
  bool writes = false;
  std::int64_t address = 0;
  std::int64_t rows = 1;
  std::int64_t row_bytes = 0;
  std::int64_t stride = 0;

  /// First byte after the last row.
  [[nodiscard]] std::int64_t end() const { return address + (rows - 1) * stride + row_bytes; }
  friend bool operator==(const Access&, const Access&) = default;
};

/// Every byte that a command may touch, reads before writes; rows that follow each other without a gap are merged. The
/// channels between two pixels of a strided conv tile count as touched by a read, never by a write.
std::vector<Access> footprint(const Operation& operation, const NpuConfig& config);

/// Why the command cannot run on this machine: a field out of its range, bytes outside the memories, or a vector
/// command that writes over what it reads and not in place. Nothing when it can. After this check an executor needs
/// none of its own, but for tables (average_pool, gather) whose contents are data.
std::optional<std::string> command_fault(const Operation& operation, const NpuConfig& config, std::int64_t dram_bytes);

}  // namespace evenshift::isa

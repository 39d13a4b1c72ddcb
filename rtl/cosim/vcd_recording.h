#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

namespace evenshift::rtl {

/// Every signal of the RTL conv core while it works on some of a run's conv commands, as a VCD file (IEEE 1364-2005,
/// chapter 18). Time is the core's clock, counted through commands that are not recorded as well: rising edge n is at
/// n / clock_mhz microseconds, in whole picoseconds.
class VcdRecording {
 public:
  /// Commands `first` to `last` of the run, counted from 0 over the conv commands. Throws Error when the file cannot be
  /// written.
  VcdRecording(const std::filesystem::path& file, std::int64_t first, std::int64_t last, std::int64_t clock_mhz);
  ~VcdRecording();

  [[nodiscard]] bool wants(std::int64_t command) const { return command >= first_ && command <= last_; }

  /// The file takes its place; returns its size in bytes. Throws Error for the first of its bytes that could not be
  /// written.
  std::int64_t finish();

  class Dump;  ///< vcd_dump.h, for those who know the Verilated classes
  [[nodiscard]] Dump& dump() { return *dump_; }

 private:
  std::int64_t first_;
  std::int64_t last_;
  std::unique_ptr<Dump> dump_;
};

}  // namespace evenshift::rtl

#pragma once

#include <verilated_vcd_c.h>

#include <cstdint>
#include <exception>
#include <filesystem>
#include <span>

#include "arch/base/atomic_file.h"
#include "rtl/cosim/vcd_recording.h"

namespace evenshift::rtl {

/// Takes what Verilator writes into a file that appears when it is whole. Verilator stops without a word at a fault, so
/// the fault is kept here.
class AtomicVcdFile : public VerilatedVcdFile {
 public:
  explicit AtomicVcdFile(const std::filesystem::path& path) : file_(path) {}

  bool open(const std::string&) override { return true; }
  void close() override {}
  ssize_t write(const char* bytes, ssize_t count) override {
    try {
      if (!fault_) file_.write(std::string_view(bytes, static_cast<std::size_t>(count)));
    } catch (...) {
      fault_ = std::current_exception();
    }
    size_ += count;
    return count;
  }

  void throw_fault() const {
    if (fault_) std::rethrow_exception(fault_);
  }
  std::int64_t commit() {
    throw_fault();
    file_.commit();
    return size_;
  }

 private:
  AtomicFile file_;
  std::exception_ptr fault_;
  std::int64_t size_ = 0;
};

/// The recording of one Verilated object.
class VcdRecording::Dump {
 public:
  Dump(const std::filesystem::path& path, std::int64_t clock_mhz) : file_(path), clock_mhz_(clock_mhz) {}

  /// Begins with the first edge that is recorded.
  template <class Vmodel>
  void half_cycle(Vmodel& model, std::int64_t half_cycles) {
    if (!vcd_.isOpen()) {
      model.trace(&vcd_, kAllLevels);
      vcd_.set_time_resolution("1ps");
      vcd_.open("");
    }
    vcd_.dump(static_cast<std::uint64_t>(half_cycles * 500'000 / clock_mhz_));
    file_.throw_fault();
  }

  std::int64_t finish() {
    vcd_.close();
    return file_.commit();
  }

 private:
  static constexpr int kAllLevels = 99;

  AtomicVcdFile file_;
  VerilatedVcdC vcd_{&file_};
  std::int64_t clock_mhz_;
};

}  // namespace evenshift::rtl

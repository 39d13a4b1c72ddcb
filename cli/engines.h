#pragma once

#include <memory>
#include <string>
#include <vector>

#include "rtl/cosim/vcd_recording.h"
#include "sim/executor.h"
#include "sim/systemc/systemc_executor.h"

namespace evenshift::cli {

/// "functional", "systemc", "rtl".
const std::vector<std::string>& engine_names();

/// A new executor of that name. Throws Error naming the known ones.
std::unique_ptr<sim::Executor> make_engine(const std::string& name);

/// The same for the engines that count cycles: "systemc", "rtl". Only "rtl" has signals to record.
std::unique_ptr<sim::SystemCExecutor> make_timed_engine(const std::string& name,
                                                        std::shared_ptr<rtl::VcdRecording> recording = nullptr);

/// "functional,rtl" -> {"functional", "rtl"}. Throws Error for an unknown or repeated name.
std::vector<std::string> parse_engine_list(const std::string& list);

}  // namespace evenshift::cli

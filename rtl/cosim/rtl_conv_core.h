#pragma once

#include <memory>

#include "arch/datapath/conv_core.h"
#include "rtl/cosim/vcd_recording.h"

namespace evenshift::rtl {

/// Accumulator entries of a bank of every Verilated instance; a configuration may use fewer.
inline constexpr std::int64_t kBuiltAccumulatorEntries = 4096;

/// Cycles from the last operand, or the last drain request, of a command to its last byte written: the registers of
/// evenshift_conv_core.
inline constexpr std::int64_t kPipelineCycles = 6;

/// The RTL conv core, Verilated. `configure` throws Error for an array size that was not built, naming those that were,
/// and for accumulator_entries above kBuiltAccumulatorEntries.
///
/// ConvActivity::cycles are the clock cycles that the model was given. They equal conv_timing's, but for a
/// configuration whose pipeline_cycles are below kPipelineCycles: that core does not exist, and kPipelineCycles are
/// taken.
///
/// With a `recording`, which it keeps: for one run from its configuration on.
std::unique_ptr<datapath::ConvCore> make_rtl_conv_core(std::shared_ptr<VcdRecording> recording = nullptr);

}  // namespace evenshift::rtl

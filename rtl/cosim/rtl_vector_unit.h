#pragma once

#include <memory>

#include "arch/datapath/vector_unit.h"

namespace evenshift::rtl {

/// Lanes of the Verilated instance; a configuration may use fewer.
inline constexpr std::int64_t kBuiltLanes = 32;

/// Cycles from the last beat of a command to its last byte written: the registers of evenshift_vector_unit.
inline constexpr std::int64_t kVectorPipelineCycles = 4;

/// The RTL vector unit, Verilated. `configure` throws Error for more lanes than kBuiltLanes; `execute` throws Error for
/// a command whose outputs overlap what it reads anywhere but in place: elements are read before the ones ahead of them
/// are written, so that such a command has another result than its definition.
///
/// VectorActivity::cycles are the clock cycles that the model was given. They equal vector_timing's, but for a
/// configuration whose pipeline_cycles are below kVectorPipelineCycles: that unit does not exist, and
/// kVectorPipelineCycles are taken.
std::unique_ptr<datapath::VectorUnit> make_rtl_vector_unit();

}  // namespace evenshift::rtl

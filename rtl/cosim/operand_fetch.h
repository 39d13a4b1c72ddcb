#pragma once

#include <cstdint>
#include <span>

#include "rtl/cosim/conv_plan.h"
#include "rtl/cosim/datapath.h"

namespace evenshift::rtl {

/// Reads the operands of one output position from the scratchpad, padding included, into the operand ports.
class OperandFetch {
 public:
  OperandFetch(const isa::Conv& conv, const ConvPlan& plan, std::int64_t mac_rows, std::int64_t mac_cols,
               std::span<const std::uint8_t> scratchpad, const WidePorts& ports)
      : conv_(conv), plan_(plan), mac_rows_(mac_rows), mac_cols_(mac_cols), scratchpad_(scratchpad), ports_(ports) {}

  /// Rows that the pass does not use become 0 for all its positions.
  void begin_pass(const Tile& tile, const Pass& pass);

  /// Operands of output position (y, x), for the pass begun last.
  void fetch(std::int64_t y, std::int64_t x) {
    if (plan_.depthwise)
      fetch_taps(y, x);
    else
      fetch_run(y, x);
  }

 private:
  void fetch_run(std::int64_t y, std::int64_t x);
  void fetch_taps(std::int64_t y, std::int64_t x);

  const isa::Conv& conv_;
  const ConvPlan& plan_;
  std::int64_t mac_rows_;
  std::int64_t mac_cols_;
  std::span<const std::uint8_t> scratchpad_;
  WidePorts ports_;
  isa::ColumnBlock block_;
  Pass pass_;
};

}  // namespace evenshift::rtl

#include "rtl/cosim/instances.h"

#include <Vevenshift_conv_core_16x16.h>
#include <Vevenshift_conv_core_32x32.h>
#include <Vevenshift_conv_core_4x4.h>
#include <Vevenshift_conv_core_8x8.h>

#include "rtl/cosim/verilated_core.h"

namespace evenshift::rtl {

std::unique_ptr<ClockedCore> make_core(std::int64_t mac_rows, std::int64_t mac_cols) {
  if (mac_rows != mac_cols) return nullptr;
  switch (mac_rows) {
    case 4:
      return std::make_unique<VerilatedCore<Vevenshift_conv_core_4x4, 4>>();
    case 8:
      return std::make_unique<VerilatedCore<Vevenshift_conv_core_8x8, 8>>();
    case 16:
      return std::make_unique<VerilatedCore<Vevenshift_conv_core_16x16, 16>>();
    case 32:
      return std::make_unique<VerilatedCore<Vevenshift_conv_core_32x32, 32>>();
    default:
      return nullptr;
  }
}

}  // namespace evenshift::rtl

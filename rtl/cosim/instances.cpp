#include "rtl/cosim/instances.h"

#include <Vevenshift_conv_core_16x16.h>
#include <Vevenshift_conv_core_32x32.h>
#include <Vevenshift_conv_core_4x4.h>
#include <Vevenshift_conv_core_8x8.h>
#include <Vevenshift_conv_core_traced_16x16.h>
#include <Vevenshift_conv_core_traced_32x32.h>
#include <Vevenshift_conv_core_traced_4x4.h>
#include <Vevenshift_conv_core_traced_8x8.h>

#include "rtl/cosim/verilated_core.h"

namespace evenshift::rtl {
namespace {

template <class Vplain, class Vtraced, std::size_t kSize>
std::unique_ptr<ClockedCore> make(bool traced) {
  if (traced) return std::make_unique<VerilatedCore<Vtraced, kSize>>();
  return std::make_unique<VerilatedCore<Vplain, kSize>>();
}

}  // namespace

std::unique_ptr<ClockedCore> make_core(std::int64_t mac_rows, std::int64_t mac_cols, bool traced) {
  if (mac_rows != mac_cols) return nullptr;
  switch (mac_rows) {
    case 4:
      return make<Vevenshift_conv_core_4x4, Vevenshift_conv_core_traced_4x4, 4>(traced);
    case 8:
      return make<Vevenshift_conv_core_8x8, Vevenshift_conv_core_traced_8x8, 8>(traced);
    case 16:
      return make<Vevenshift_conv_core_16x16, Vevenshift_conv_core_traced_16x16, 16>(traced);
    case 32:
      return make<Vevenshift_conv_core_32x32, Vevenshift_conv_core_traced_32x32, 32>(traced);
    default:
      return nullptr;
  }
}

}  // namespace evenshift::rtl

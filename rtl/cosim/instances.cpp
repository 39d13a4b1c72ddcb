#include "rtl/cosim/instances.h"

#include <Vevenshift_conv_datapath_16x16.h>
#include <Vevenshift_conv_datapath_32x32.h>
#include <Vevenshift_conv_datapath_4x4.h>
#include <Vevenshift_conv_datapath_8x8.h>

#include "rtl/cosim/driver.h"

namespace evenshift::rtl {

std::unique_ptr<Datapath> make_datapath(std::int64_t mac_rows, std::int64_t mac_cols) {
  if (mac_rows != mac_cols) return nullptr;
  switch (mac_rows) {
    case 4:
      return std::make_unique<Driver<Vevenshift_conv_datapath_4x4>>();
    case 8:
      return std::make_unique<Driver<Vevenshift_conv_datapath_8x8>>();
    case 16:
      return std::make_unique<Driver<Vevenshift_conv_datapath_16x16>>();
    case 32:
      return std::make_unique<Driver<Vevenshift_conv_datapath_32x32>>();
    default:
      return nullptr;
  }
}

}  // namespace evenshift::rtl

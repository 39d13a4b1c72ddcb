#pragma once

#include "arch/base/parallel.h"

namespace evenshift::host {

using evenshift::CancelFlag;
using evenshift::Cancelled;
using evenshift::parallel_for_ordered;
using evenshift::parallel_reduce_ordered;
using evenshift::thread_count;

}  // namespace evenshift::host

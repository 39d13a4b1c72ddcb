#include "compiler/lower/scratchpad.h"

#include <algorithm>

#include "arch/base/check.h"
#include "compiler/lower/constant_pool.h"

namespace evenshift::compiler {

std::int64_t Scratchpad::allocate(std::int64_t bytes) {
  const std::int64_t first = used_bytes_;
  used_bytes_ += align_up(bytes);
  check_at_most(used_bytes_ + far_bytes_, size_bytes_, "bytes of the scratchpad that a layer's tiles take");
  return from_top_ ? size_bytes_ - used_bytes_ : first;
}

std::int64_t Scratchpad::allocate_far(std::int64_t bytes) {
  check_equal(far_bytes_, 0, "bytes at the far end of a layer's scratchpad");
  far_bytes_ = align_up(bytes);
  check_at_most(used_bytes_ + far_bytes_, size_bytes_, "bytes of the scratchpad that a layer's tiles take");
  return from_top_ ? 0 : size_bytes_ - far_bytes_;
}

TilePool::TilePool(Scratchpad& scratchpad, std::int64_t slot_bytes, std::int64_t slots) {
  for (std::int64_t i = 0; i < slots; ++i) entries_.push_back({scratchpad.allocate(slot_bytes), std::nullopt, 0});
}

TilePool::Slot TilePool::find(const TileKey& key) {
  ++uses_;
  for (Entry& entry : entries_)
    if (entry.key == key) {
      entry.last_use = uses_;
      return {entry.address, true};
    }
  Entry& oldest = *std::ranges::min_element(entries_, {}, &Entry::last_use);
  oldest.key = key;
  oldest.last_use = uses_;
  return {oldest.address, false};
}

}  // namespace evenshift::compiler

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace evenshift::compiler {

/// The scratchpad of one layer. Layers take their bytes from alternating ends, the constants first: while one layer
/// works, the DMA fills the far end for the next, as far as the two do not need the same bytes; where they do, the
/// tokens make the later one wait.
class Scratchpad {
 public:
  Scratchpad(std::int64_t size_bytes, bool from_top) : size_bytes_(size_bytes), from_top_(from_top) {}

  /// Address of `bytes` bytes that nothing else of this layer uses. Throws InternalError naming the layer where the
  /// scratchpad is exhausted: the layer's plan has counted before.
  std::int64_t allocate(std::int64_t bytes);

  /// Address of `bytes` bytes at the other end, where the next layer's scratchpad begins: its first `allocate` of as
  /// many bytes gives the same address.
  std::int64_t allocate_far(std::int64_t bytes);

  [[nodiscard]] std::int64_t used_bytes() const { return used_bytes_ + far_bytes_; }

 private:
  std::int64_t size_bytes_;
  bool from_top_;
  std::int64_t used_bytes_ = 0;
  std::int64_t far_bytes_ = 0;
};

/// What a slot holds, e.g. {spatial tile, group block, reduction part}.
using TileKey = std::array<std::int64_t, 3>;

/// Equal slots of the scratchpad that hold tiles, the least recently used of which is given up for a new one. Two slots
/// are a double buffer; as many slots as there are tiles keep all of them.
class TilePool {
 public:
  TilePool(Scratchpad& scratchpad, std::int64_t slot_bytes, std::int64_t slots);

  struct Slot {
    std::int64_t address = 0;
    bool filled = false;  ///< it already holds the tile
  };
  /// The slot of a tile. Where `filled` is not set the caller fills it now.
  Slot find(const TileKey& key);

 private:
  struct Entry {
    std::int64_t address = 0;
    std::optional<TileKey> key;
    std::int64_t last_use = 0;
  };
  std::vector<Entry> entries_;
  std::int64_t uses_ = 0;
};

}  // namespace evenshift::compiler

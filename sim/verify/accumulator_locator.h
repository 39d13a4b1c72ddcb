#pragma once

#include <cstdint>
#include <optional>

#include "arch/image/image.h"

namespace evenshift::sim {

/// An output element of a conv command: its index in Image::commands and its place in the command's output tile.
struct AccumulatorPlace {
  std::int64_t command = -1;
  std::int64_t y = 0, x = 0, c = 0;
  friend bool operator==(const AccumulatorPlace&, const AccumulatorPlace&) = default;
};

/// Which conv output became the byte at `dram_address` when `layer` stored it. Nothing where no conv made it.
std::optional<AccumulatorPlace> locate_accumulator(const image::Image& image, std::int64_t layer,
                                                   std::int64_t dram_address);

}  // namespace evenshift::sim

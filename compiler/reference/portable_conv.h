#pragma once

#include <vector>

#include "compiler/ir/graph.h"

namespace evenshift::compiler {

/// A convolution from (c, y, x) to (c, y, x) order whose every output is one sum in one order,
///
///     ((bias + w_0 · x_0) + w_1 · x_1) + …   over (input channel of the group, ky, kx), each product and sum rounded,
///
/// so that its bytes depend neither on the instruction set nor on the sizes of the caches. oneDNN's convolutions by
/// matrix multiplication divide the sum by the sizes of the caches.
class PortableConv {
 public:
  PortableConv(Conv conv, const Shape& in);
  void operator()(const float* from, float* to) const;

 private:
  static constexpr std::int64_t kPixels = 64;   ///< outputs of a channel that are computed together
  static constexpr std::int64_t kVector = 8;    ///< of which so many at a time
  static constexpr std::int64_t kChannels = 4;  ///< output channels at a time

  struct Tile {
    std::int64_t group = 0, first_pixel = 0, pixels = 0;
  };
  /// columns[tap][pixel of the tile], 0 outside the input.
  void gather(const Tile& tile, const float* from, float* columns) const;
  void multiply(const Tile& tile, const float* columns, float* to) const;

  Conv conv_;
  Shape in_;
  Shape out_;
  std::int64_t taps_ = 0;       ///< of one output
  std::int64_t channels_ = 0;   ///< output channels of a group
  std::int64_t blocks_ = 0;     ///< of kChannels output channels in a group
  std::vector<float> weights_;  ///< [group][block][tap][kChannels]
};

}  // namespace evenshift::compiler

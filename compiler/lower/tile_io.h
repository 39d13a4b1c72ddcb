#pragma once

#include <functional>
#include <optional>

#include "compiler/lower/layer_context.h"
#include "compiler/lower/tile_copy.h"

namespace evenshift::compiler {

/// How a layer looks at a tensor: the same codes as other rows and columns, e.g. as_pixels.
using TensorView = std::function<image::Tensor(const image::Tensor&)>;

/// The tiles of an input, which are loaded into the slots of a pool, or lie in the scratchpad already.
class InputTiles {
 public:
  InputTiles(LayerContext& layer, std::size_t input, const TensorView& view, std::int64_t slot_bytes,
             std::int64_t slots);

  /// Where the box is in the scratchpad. `key` names the box among those of the layer.
  TileLayout fetch(const Box& box, const TileKey& key);

 private:
  StreamBuilder& stream_;
  image::Tensor dram_;
  std::optional<image::Tensor> staying_;  ///< with its scratchpad address
  TilePool pool_;
};

/// The tiles of the output, which are stored from the slots of a pool, or from where the output stays.
class OutputTiles {
 public:
  OutputTiles(LayerContext& layer, const TensorView& view, std::int64_t slot_bytes, std::int64_t slots);

  /// Where the box is to be written.
  TileLayout place(const Box& box, const TileKey& key);
  /// Emits the store of a box that has been written.
  void store(const Box& box, const TileLayout& tile);

 private:
  StreamBuilder& stream_;
  image::Tensor dram_;
  std::optional<image::Tensor> staying_;
  TilePool pool_;
};

/// The address of a tile that has no gaps. Throws InternalError when it has.
std::int64_t contiguous_address(const Box& box, const TileLayout& tile);

}  // namespace evenshift::compiler

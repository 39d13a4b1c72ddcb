#pragma once

#include <span>
#include <string>
#include <vector>

#include "arch/image/image.h"

namespace evenshift::support {

/// Where in DRAM a transfer begins; a region's place is known only when the image is finished.
enum class Region : std::uint8_t { weights, biases, scales, tables, tensors };

/// Part of a tensor, and where it lies or shall lie in the scratchpad.
struct Tile {
  std::int64_t y = 0, x = 0, c = 0;
  std::int64_t height = 1, width = 1, channels = 1;
  std::int64_t scratchpad_address = 0, row_stride = 0, pixel_stride = 0;
};

/// Writes images command by command, for tests: places constants and tensors, emits transfers of tiles, and orders
/// every command after the one before it by tokens, so that any executor runs the stream in stream order.
class ImageBuilder {
 public:
  explicit ImageBuilder(const NpuConfig& config) { image_.config = config; }

  /// Adds a tensor whose pixels are `pixel_gap` and whose rows `row_gap` bytes further apart than they need be.
  /// Returns its index. Its role is intermediate, or input where no layer has begun; see finish().
  std::int64_t add_tensor(std::int64_t height, std::int64_t width, std::int64_t channels, const QuantParams& quant,
                          std::int64_t pixel_gap = 0, std::int64_t row_gap = 0);
  [[nodiscard]] const image::Tensor& tensor(std::int64_t index) const {
    return image_.tensors[static_cast<std::size_t>(index)];
  }
  [[nodiscard]] const NpuConfig& config() const { return image_.config; }

  /// Adds bytes to a constant region; returns their offset in it.
  std::int64_t add_constant(Region region, std::span<const std::uint8_t> bytes);

  /// Commands that follow belong to this layer, and so do tensors added from now on.
  void begin_layer(const std::string& kind, const std::vector<std::int64_t>& inputs, std::int64_t macs = 0);

  /// Adds a compute command.
  void emit(const isa::Operation& operation);
  /// Adds a load of `size` bytes of a constant region.
  void load_constant(Region region, std::int64_t offset, std::int64_t size, std::int64_t scratchpad_address);
  /// Adds the transfers, one or several, that bring a tile in or out.
  void load_tile(std::int64_t tensor, const Tile& tile) { transfer<isa::Load>(tensor, tile); }
  void store_tile(std::int64_t tensor, const Tile& tile) { transfer<isa::Store>(tensor, tile); }

  /// The image: addresses resolved, tokens set, tensors that no layer reads made outputs. Throws InternalError for a
  /// command that isa::command_fault refuses.
  image::Image finish();

 private:
  template <typename Transfer>
  void transfer(std::int64_t tensor, const Tile& tile);
  void push(const isa::Operation& operation, Region region);
  [[nodiscard]] image::Constants& constants(Region region);
  void serialize();

  image::Image image_;
  std::vector<Region> regions_;  ///< of each command
  std::int64_t tensor_bytes_ = 0;
};

}  // namespace evenshift::support

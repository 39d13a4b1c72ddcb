#pragma once

#include "tests/support/image_builder.h"
#include "tests/support/random_image.h"
#include "tests/support/random_source.h"

// The two halves of random_image: layers of the conv core and layers of the vector unit.
namespace evenshift::support {

/// What both halves need; scratchpad space is given out from address 0 and all freed between layers.
class RandomLayers {
 public:
  RandomLayers(ImageBuilder& builder, const RandomImageOptions& options, RandomSource& random)
      : builder_(builder), options_(options), random_(random) {}

  /// Adds a convolution that reads tensor `input`; returns its output.
  std::int64_t add_conv(std::int64_t input);
  /// Adds a layer of the vector unit that reads tensor `input`; returns its output.
  std::int64_t add_vector(std::int64_t input);

  QuantParams random_quant();

 private:
  struct ConvShape;
  struct Span;
  void draw_geometry(ConvShape& shape, const image::Tensor& input);
  void draw_values(ConvShape& shape);
  void draw_scales(ConvShape& shape);
  void emit_conv_tile(const ConvShape& shape, Span rows, Span columns, Span channels);
  void emit_conv_parts(const ConvShape& shape, isa::Conv conv, Span channels, std::int64_t input_channels);
  std::vector<std::int64_t> cuts(std::int64_t size, std::int64_t multiple);

  std::int64_t add_elementwise(std::int64_t input);
  std::int64_t add_pool(std::int64_t input);
  std::int64_t add_gather(std::int64_t input);
  std::int64_t add_map(std::int64_t input);
  std::int64_t add_concat(std::int64_t input);
  std::int64_t add_fill(std::int64_t input);

  /// Space in the scratchpad, at a random distance after what was given out before.
  std::int64_t allocate(std::int64_t bytes);
  std::int64_t new_output(std::int64_t height, std::int64_t width, std::int64_t channels);
  /// A whole tensor, contiguous in the scratchpad.
  Tile whole(std::int64_t tensor, std::int64_t address) const;
  std::int64_t load_whole(std::int64_t tensor);
  void draw_clamp(std::int64_t& low, std::int64_t& high, std::int64_t& zero_point);
  /// Multipliers as little-endian bytes, loaded; returns their scratchpad address.
  std::int64_t load_table(const std::vector<std::int32_t>& values);

  ImageBuilder& builder_;
  const RandomImageOptions& options_;
  RandomSource& random_;
  std::int64_t used_ = 0;
};

}  // namespace evenshift::support

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "compiler/ir/graph.h"

namespace evenshift::compiler::importer {

using Dimensions = std::vector<std::int64_t>;

/// A run of `size` steps of `stride` elements, counted in (channel, row, column) order of the value.
struct Factor {
  std::int64_t size = 1;
  std::int64_t stride = 1;
  friend bool operator==(const Factor&, const Factor&) = default;
};

/// An ONNX tensor as a way of reading a value of the Graph: element (i_0, i_1, …) is the one at Σ over the axes of the
/// index's mixed-radix digits times their strides. Transpose, Reshape and their kin change the reading, not the value.
struct TensorView {
  ValueId value = -1;
  Dimensions dimensions;
  std::vector<std::vector<Factor>> axes;  ///< one list a dimension, outermost first; none for a dimension of 1

  [[nodiscard]] std::size_t rank() const { return dimensions.size(); }
};

enum class Role : std::uint8_t { channel, height, width };

/// The elements of `value` in (c, y, x) order, read as `dimensions`.
TensorView plain_view(ValueId value, const Dimensions& dimensions);

/// Axis i of the result is axis permutation[i] of `view`.
TensorView transposed(const TensorView& view, std::span<const std::int64_t> permutation);

/// The same elements in the same order under other dimensions; nothing where they would not be evenly spaced.
std::optional<TensorView> reshaped(const TensorView& view, const Dimensions& dimensions);

/// The factors of some axes, one after the other, neighbours merged where they are one run.
std::vector<Factor> flat_factors(const TensorView& view, std::span<const std::size_t> axes);
std::vector<Factor> flat_factors(const TensorView& view);

/// Whether the order of the view is the (c, y, x) order of its value.
bool is_plain(const TensorView& view);

/// For every axis whether it is the channels, rows or columns of a value of this shape; an axis of size 1 takes what is
/// left over. Nothing where an axis is none of them, or where there are more axes (the batch aside) than three.
std::optional<std::vector<Role>> axis_roles(const TensorView& view, const Shape& shape);

/// Offsets of all indices of one axis.
std::vector<std::int64_t> axis_offsets(const std::vector<Factor>& factors);

}  // namespace evenshift::compiler::importer

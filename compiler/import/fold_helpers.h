#pragma once

#include "compiler/import/node_import.h"

/// What the folding of constants has in common.
namespace evenshift::compiler::importer {

/// A constant that is larger than what it is made of, and than this, is damage.
inline constexpr std::int64_t kMostFolded = 1 << 20;

/// Number of elements of a result. Malformed where it is above both kMostFolded and `given`.
std::int64_t folded_elements(const NodeImport& node, const Dimensions& dimensions, std::int64_t given = 0);

/// A constant input.
const TensorData& folded_input(const NodeImport& node, std::size_t index);
std::vector<std::int64_t> folded_integers(const NodeImport& node, std::size_t index);

/// No elements yet, of the same type.
TensorData like(const TensorData& source, const Dimensions& dimensions);

/// Elements `picks` of `source`, with their codes.
TensorData gathered(const TensorData& source, const Dimensions& dimensions, const std::vector<std::int64_t>& picks);

/// For every element of a tensor of these dimensions, in order, the sum of index times stride.
std::vector<std::int64_t> walk(const Dimensions& dimensions, const std::vector<std::int64_t>& strides);
std::vector<std::int64_t> strides_of(const Dimensions& dimensions);

/// Numpy's broadcasting; `given` as above.
Dimensions broadcast_dimensions(const NodeImport& node, const Dimensions& a, const Dimensions& b, std::int64_t given);
TensorData expanded(const TensorData& data, const Dimensions& dimensions);

/// Two's complement.
std::int64_t wrapped(std::uint64_t value);

// Folds of single operators; fold_constants knows which.
void fold_binary(NodeImport& node);
void fold_unary(NodeImport& node);
void fold_range(NodeImport& node);
void fold_where(NodeImport& node);
void fold_reduce_product(NodeImport& node);
void fold_cast(NodeImport& node);
void fold_quantize(NodeImport& node);
void fold_dequantize(NodeImport& node);

}  // namespace evenshift::compiler::importer

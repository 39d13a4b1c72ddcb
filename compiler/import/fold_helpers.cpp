#include "compiler/import/fold_helpers.h"

#include <algorithm>

namespace evenshift::compiler::importer {

std::int64_t folded_elements(const NodeImport& node, const Dimensions& dimensions, std::int64_t given) {
  const std::int64_t elements = checked_elements(dimensions, node.where() + ": its result");
  const std::int64_t most = std::max(kMostFolded, given);
  node.expect(elements <= most, "it makes a constant of more than {} elements", most);
  return elements;
}

const TensorData& folded_input(const NodeImport& node, std::size_t index) {
  return node.constant(index, Constraint::only_constants);
}

std::vector<std::int64_t> folded_integers(const NodeImport& node, std::size_t index) {
  return node.constant_integers(index, Constraint::only_constants);
}

TensorData like(const TensorData& source, const Dimensions& dimensions) {
  TensorData result;
  result.dimensions = dimensions;
  result.kind = source.kind;
  result.data_type = source.data_type;
  return result;
}

TensorData gathered(const TensorData& source, const Dimensions& dimensions, const std::vector<std::int64_t>& picks) {
  TensorData result = like(source, dimensions);
  for (const std::int64_t pick : picks) {
    const auto at = static_cast<std::size_t>(pick);
    if (source.kind == ElementKind::integer)
      result.integers.push_back(source.integers.at(at));
    else
      result.reals.push_back(source.reals.at(at));
    if (source.codes.empty()) continue;
    result.codes.push_back(source.codes.at(at));
    result.steps.push_back(source.steps.at(at));
  }
  return result;
}

std::vector<std::int64_t> walk(const Dimensions& dimensions, const std::vector<std::int64_t>& strides) {
  if (std::ranges::find(dimensions, 0) != dimensions.end()) return {};
  std::vector<std::int64_t> offsets{0};
  for (std::size_t i = 0; i < dimensions.size(); ++i) {
    std::vector<std::int64_t> longer;
    longer.reserve(offsets.size() * static_cast<std::size_t>(dimensions[i]));
    for (const std::int64_t base : offsets)
      for (std::int64_t k = 0; k < dimensions[i]; ++k) longer.push_back(base + k * strides[i]);
    offsets = std::move(longer);
  }
  return offsets;
}

std::vector<std::int64_t> strides_of(const Dimensions& dimensions) {
  std::vector<std::int64_t> strides(dimensions.size(), 1);
  for (std::size_t i = dimensions.size(); i-- > 1;) strides[i - 1] = strides[i] * dimensions[i];
  return strides;
}

Dimensions broadcast_dimensions(const NodeImport& node, const Dimensions& a, const Dimensions& b, std::int64_t given) {
  Dimensions result(std::max(a.size(), b.size()), 1);
  for (std::size_t i = 0; i < result.size(); ++i) {
    const std::int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1;
    const std::int64_t y = i < b.size() ? b[b.size() - 1 - i] : 1;
    node.expect(x == y || x == 1 || y == 1, "its inputs {} and {} do not broadcast", dimensions_text(a),
                dimensions_text(b));
    result[result.size() - 1 - i] = x == 1 ? y : x;
  }
  folded_elements(node, result, given);
  return result;
}

TensorData expanded(const TensorData& data, const Dimensions& dimensions) {
  if (data.dimensions == dimensions) return data;
  std::vector<std::int64_t> strides(dimensions.size(), 0);
  const std::vector<std::int64_t> own = strides_of(data.dimensions);
  const std::size_t missing = dimensions.size() - data.dimensions.size();
  for (std::size_t i = 0; i < own.size(); ++i)
    if (data.dimensions[i] != 1) strides[i + missing] = own[i];
  return gathered(data, dimensions, walk(dimensions, strides));
}

std::int64_t wrapped(std::uint64_t value) { return static_cast<std::int64_t>(value); }

}  // namespace evenshift::compiler::importer

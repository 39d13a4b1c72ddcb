#include "compiler/import/reshape_target.h"

#include <algorithm>
#include <numeric>

namespace evenshift::compiler::importer {

Dimensions reshape_target(const NodeImport& node, const Dimensions& from, const std::vector<std::int64_t>& wanted) {
  const std::int64_t elements = std::accumulate(from.begin(), from.end(), std::int64_t{1}, std::multiplies<>());
  const bool copy_zeros = node.integer("allowzero", 0) == 0;
  Dimensions result = wanted;
  std::optional<std::size_t> open;
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (result[i] == 0 && copy_zeros) {
      node.expect(i < from.size(), "dimension {} of the new shape is 0, which copies one that the input does not have",
                  i);
      result[i] = from[i];
    } else if (result[i] == -1) {
      node.expect(!open.has_value(), "the new shape has two dimensions of -1");
      open = i;
      result[i] = 1;
    }
  }
  const std::int64_t known = checked_elements(result, node.where() + ": the new shape");
  if (open) {
    node.expect(known > 0 && elements % known == 0, "{} elements cannot be reshaped into multiples of {}", elements,
                known);
    result[*open] = elements / known;
  }
  node.expect(open.has_value() || known == elements, "{} elements cannot be reshaped to {}", elements,
              dimensions_text(result));
  return result;
}

std::vector<std::int64_t> given_axes(const NodeImport& node) {
  if (node.has_input(1)) return node.constant_integers(1, Constraint::constant_axes);
  return node.integers("axes");
}

Dimensions squeezed(const NodeImport& node, const Dimensions& from, const std::vector<std::int64_t>& axes) {
  std::vector<bool> gone(from.size(), false);
  for (const std::int64_t axis : axes) {
    const std::size_t i = node.axis(axis, from.size());
    node.expect(from[i] == 1, "axis {} has {} elements and cannot be squeezed", axis, from[i]);
    gone[i] = true;
  }
  Dimensions result;
  for (std::size_t i = 0; i < from.size(); ++i)
    if (axes.empty() ? from[i] != 1 : !gone[i]) result.push_back(from[i]);
  return result;
}

Dimensions unsqueezed(const NodeImport& node, const Dimensions& from, const std::vector<std::int64_t>& axes) {
  const std::size_t rank = from.size() + axes.size();
  node.expect(rank <= 16, "it makes a tensor of rank {}", rank);
  std::vector<bool> is_new(rank, false);
  for (const std::int64_t axis : axes) {
    const std::size_t i = node.axis(axis, rank);
    node.expect(!is_new[i], "axis {} is named twice", axis);
    is_new[i] = true;
  }
  Dimensions result;
  auto next = from.begin();
  for (std::size_t i = 0; i < rank; ++i) result.push_back(is_new[i] ? 1 : *next++);
  return result;
}

std::vector<std::int64_t> read_permutation(const NodeImport& node, std::size_t rank) {
  std::vector<std::int64_t> permutation = node.integers("perm");
  if (permutation.empty() && !node.has("perm")) {
    permutation.resize(rank);
    std::iota(permutation.rbegin(), permutation.rend(), std::int64_t{0});
  }
  std::vector<std::int64_t> sorted = permutation;
  std::ranges::sort(sorted);
  bool valid = sorted.size() == rank;
  for (std::size_t i = 0; i < rank && valid; ++i) valid = sorted[i] == static_cast<std::int64_t>(i);
  node.expect(valid, "attribute 'perm' is no permutation of {} axes", rank);
  return permutation;
}

std::vector<AxisSlice> read_slices(const NodeImport& node, const Dimensions& from) {
  std::vector<std::int64_t> starts = node.integers("starts"), ends = node.integers("ends"),
                            axes = node.integers("axes"), steps;
  if (node.opset() >= 10) {
    starts = node.constant_integers(1, Constraint::slice_constant);
    ends = node.constant_integers(2, Constraint::slice_constant);
    if (node.has_input(3)) axes = node.constant_integers(3, Constraint::slice_constant);
    if (node.has_input(4)) steps = node.constant_integers(4, Constraint::slice_constant);
  }
  if (axes.empty()) {
    axes.resize(starts.size());
    std::iota(axes.begin(), axes.end(), std::int64_t{0});
  }
  if (steps.empty()) steps.assign(starts.size(), 1);
  node.expect(ends.size() == starts.size() && axes.size() == starts.size() && steps.size() == starts.size(),
              "its starts, ends, axes and steps are not equally many");
  std::vector<AxisSlice> slices;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::size_t axis = node.axis(axes[i], from.size());
    const std::int64_t size = from[axis], step = steps[i];
    node.expect(step != 0, "a step is 0");
    for (const AxisSlice& other : slices) node.expect(other.axis != axis, "axis {} is named twice", axes[i]);
    const auto from_front = [&](std::int64_t at) { return at < 0 ? at + size : at; };
    const std::int64_t last = step > 0 ? size : size - 1;
    const std::int64_t start = size == 0 ? 0 : std::clamp<std::int64_t>(from_front(starts[i]), 0, last);
    const std::int64_t end = size == 0 ? 0 : std::clamp<std::int64_t>(from_front(ends[i]), step > 0 ? 0 : -1, last);
    AxisSlice slice{axis, {}};
    if (step > 0)
      for (std::int64_t at = start; at < end; at += std::min(step, size)) slice.indices.push_back(at);
    else
      for (std::int64_t at = start; at > end; at += std::max(step, -size)) slice.indices.push_back(at);
    slices.push_back(std::move(slice));
  }
  return slices;
}

}  // namespace evenshift::compiler::importer

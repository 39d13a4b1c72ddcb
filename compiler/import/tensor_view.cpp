#include "compiler/import/tensor_view.h"

#include <algorithm>
#include <numeric>

namespace evenshift::compiler::importer {
namespace {

void append_merged(std::vector<Factor>& factors, const Factor& next) {
  if (!factors.empty() && factors.back().stride == next.size * next.stride)
    factors.back() = {factors.back().size * next.size, next.stride};
  else
    factors.push_back(next);
}

}  // namespace

TensorView plain_view(ValueId value, const Dimensions& dimensions) {
  TensorView view{value, dimensions, std::vector<std::vector<Factor>>(dimensions.size())};
  std::int64_t stride = 1;
  for (std::size_t i = dimensions.size(); i-- > 0; stride *= dimensions[i])
    if (dimensions[i] > 1) view.axes[i] = {{dimensions[i], stride}};
  return view;
}

TensorView transposed(const TensorView& view, std::span<const std::int64_t> permutation) {
  TensorView result{view.value, {}, {}};
  for (const std::int64_t axis : permutation) {
    result.dimensions.push_back(view.dimensions.at(static_cast<std::size_t>(axis)));
    result.axes.push_back(view.axes.at(static_cast<std::size_t>(axis)));
  }
  return result;
}

std::vector<Factor> flat_factors(const TensorView& view, std::span<const std::size_t> axes) {
  std::vector<Factor> factors;
  for (const std::size_t axis : axes)
    for (const Factor& factor : view.axes.at(axis)) append_merged(factors, factor);
  return factors;
}

std::vector<Factor> flat_factors(const TensorView& view) {
  std::vector<std::size_t> all(view.rank());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return flat_factors(view, all);
}

std::optional<TensorView> reshaped(const TensorView& view, const Dimensions& dimensions) {
  std::vector<Factor> rest = flat_factors(view);
  TensorView result{view.value, dimensions, std::vector<std::vector<Factor>>(dimensions.size())};
  for (std::size_t i = dimensions.size(); i-- > 0;) {
    std::int64_t wanted = dimensions[i];
    std::vector<Factor> reversed;
    while (wanted > 1) {
      if (rest.empty()) return std::nullopt;
      Factor& last = rest.back();
      const std::int64_t taken = std::gcd(wanted, last.size);
      if (taken != wanted && taken != last.size) return std::nullopt;
      reversed.push_back({taken, last.stride});
      wanted /= taken;
      if (taken == last.size)
        rest.pop_back();
      else
        last = {last.size / taken, last.stride * taken};
    }
    for (auto factor = reversed.rbegin(); factor != reversed.rend(); ++factor) append_merged(result.axes[i], *factor);
  }
  if (!rest.empty()) return std::nullopt;
  return result;
}

bool is_plain(const TensorView& view) {
  const std::vector<Factor> factors = flat_factors(view);
  return factors.empty() || (factors.size() == 1 && factors[0].stride == 1);
}

std::optional<std::vector<Role>> axis_roles(const TensorView& view, const Shape& shape) {
  const Factor runs[] = {{shape.channels, shape.height * shape.width}, {shape.height, shape.width}, {shape.width, 1}};
  if (view.rank() == 0 || view.rank() > 4) return std::nullopt;
  std::vector<Role> roles(view.rank(), Role::channel);
  bool taken[3] = {};
  std::vector<std::size_t> open;
  const std::size_t first = view.dimensions[0] == 1 ? 1 : 0;
  for (std::size_t axis = first; axis < view.rank(); ++axis) {
    if (view.axes[axis].empty()) {
      open.push_back(axis);
      continue;
    }
    if (view.axes[axis].size() > 1) return std::nullopt;
    const auto* run = std::ranges::find(runs, view.axes[axis][0]);
    if (run == std::end(runs)) return std::nullopt;
    roles[axis] = static_cast<Role>(run - std::begin(runs));
    taken[run - std::begin(runs)] = true;
  }
  for (std::size_t run = 0; run < 3; ++run)
    if (runs[run].size > 1 && !taken[run]) return std::nullopt;
  // A rank of three has channels and columns: its rows are the ones left out.
  if (view.rank() - first == 2 && !taken[1]) taken[1] = true;
  for (const std::size_t axis : open) {
    const auto* free = std::ranges::find(taken, false);
    if (free == std::end(taken)) return std::nullopt;
    roles[axis] = static_cast<Role>(free - std::begin(taken));
    taken[free - std::begin(taken)] = true;
  }
  return roles;
}

std::vector<std::int64_t> axis_offsets(const std::vector<Factor>& factors) {
  std::vector<std::int64_t> offsets{0};
  for (const Factor& factor : factors) {
    std::vector<std::int64_t> longer;
    longer.reserve(offsets.size() * static_cast<std::size_t>(factor.size));
    for (const std::int64_t base : offsets)
      for (std::int64_t i = 0; i < factor.size; ++i) longer.push_back(base + i * factor.stride);
    offsets = std::move(longer);
  }
  return offsets;
}

}  // namespace evenshift::compiler::importer

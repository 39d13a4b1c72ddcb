#include <algorithm>
#include <numeric>

#include "compiler/import/operators.h"
#include "compiler/import/reshape_target.h"

namespace evenshift::compiler::importer {
namespace {

void output_reshaped(NodeImport& node, const Dimensions& dimensions) {
  const auto result = reshaped(node.view(0), dimensions);
  node.require(result.has_value(), Constraint::layout);
  node.output(*result);
}

}  // namespace

void import_identity(NodeImport& node) { node.output(node.view(0)); }

void import_dropout(NodeImport& node) {
  if (node.has_input(2)) node.require(node.scalar(2, Constraint::inference_only) == 0, Constraint::inference_only);
  node.output(node.view(0));
}

void import_cast(NodeImport& node) {
  const std::int64_t to = node.integer("to", 1);
  static constexpr std::int64_t kFloatTypes[] = {1, 10, 11, 16};
  node.require(std::ranges::find(kFloatTypes, to) != std::end(kFloatTypes), Constraint::cast_float);
  node.output(node.view(0));
}

void import_flatten(NodeImport& node) {
  const TensorView& view = node.view(0);
  const std::int64_t number = node.integer("axis", 1);
  const std::size_t axis =
      number == static_cast<std::int64_t>(view.rank()) ? view.rank() : node.axis(number, view.rank());
  const auto middle = view.dimensions.begin() + static_cast<std::ptrdiff_t>(axis);
  const auto product = [](auto first, auto last) {
    return std::accumulate(first, last, std::int64_t{1}, std::multiplies<>());
  };
  output_reshaped(node, {product(view.dimensions.begin(), middle), product(middle, view.dimensions.end())});
}

void import_reshape(NodeImport& node) {
  const std::vector<std::int64_t> wanted = node.constant_integers(1, Constraint::constant_shape);
  output_reshaped(node, reshape_target(node, node.view(0).dimensions, wanted));
}

void import_squeeze(NodeImport& node) {
  output_reshaped(node, squeezed(node, node.view(0).dimensions, given_axes(node)));
}

void import_unsqueeze(NodeImport& node) {
  output_reshaped(node, unsqueezed(node, node.view(0).dimensions, given_axes(node)));
}

void import_transpose(NodeImport& node) {
  const TensorView& view = node.view(0);
  node.output(transposed(view, read_permutation(node, view.rank())));
}

void import_softmax(NodeImport& node) {
  TensorView view = node.view(0);
  // Before opset 13 over this axis and all after it.
  const bool is_flat = node.opset() < 13;
  const std::size_t axis = node.axis(node.integer("axis", is_flat ? 1 : -1), view.rank());
  const Shape shape = node.shape_of(view);
  const auto is_one = [](std::int64_t size) { return size == 1; };
  const auto place = view.dimensions.begin() + static_cast<std::ptrdiff_t>(axis);
  if (is_flat && !std::all_of(place + 1, view.dimensions.end(), is_one)) {
    node.require(std::all_of(view.dimensions.begin(), place, is_one) && is_plain(view), Constraint::softmax_channels);
    view.value = node.reshape_value(view.value, {shape.elements(), 1, 1}, view.dimensions);
    view = plain_view(view.value, view.dimensions);
    return node.output(node.emit_like(Softmax{}, view));
  }
  const auto is_channels = [&](const TensorView& v) {
    const Shape s = node.shape_of(v);
    const std::vector<Factor> factors = flat_factors(v, std::vector<std::size_t>{axis});
    return s.channels == 1 ? factors.empty() : factors == std::vector<Factor>{{s.channels, s.height * s.width}};
  };
  if (!is_channels(view) && is_plain(view) && view.dimensions[axis] == shape.elements())
    view.value = node.reshape_value(view.value, {shape.elements(), 1, 1}, view.dimensions);
  node.require(is_channels(view), Constraint::softmax_channels);
  node.output(node.emit_like(Softmax{}, view));
}

void import_concat(NodeImport& node) {
  node.expect(node.inputs() >= 1, "it has no inputs");
  node.expect(node.has("axis"), "attribute 'axis' is missing");
  const std::size_t rank = node.view(0).rank();
  const std::size_t axis = node.axis(node.integer("axis", 1), rank);
  std::vector<TensorView> views;
  bool as_stored = true;
  for (std::size_t i = 0; i < node.inputs(); ++i) {
    const TensorView& view = node.view(i);
    node.expect(view.rank() == rank, "input {} has rank {} where the first has {}", i, view.rank(), rank);
    const Shape shape = node.shape_of(view);
    const std::vector<Factor> channels =
        shape.channels > 1 ? std::vector<Factor>{{shape.channels, shape.height * shape.width}} : std::vector<Factor>{};
    as_stored &= view.axes[axis] == channels;
    for (std::size_t k = 0; k < rank; ++k) {
      node.expect(k == axis || view.dimensions[k] == node.view(0).dimensions[k],
                  "its inputs {} and {} differ on another axis than the concatenated one",
                  dimensions_text(node.view(0).dimensions), dimensions_text(view.dimensions));
      as_stored &= k == axis || view.axes[k] == node.view(0).axes[k];
    }
    as_stored &= shape.height == node.shape_of(node.view(0)).height && shape.width == node.shape_of(node.view(0)).width;
    views.push_back(view);
  }
  if (!as_stored) {
    node.require(axis == 1, Constraint::concat_channels);
    for (TensorView& view : views) view = plain_view(node.image(view).value, view.dimensions);
  }
  std::vector<ValueId> values;
  Shape shape = node.shape_of(views[0]);
  shape.channels = 0;
  for (const TensorView& view : views) {
    values.push_back(view.value);
    shape.channels += node.shape_of(view).channels;
  }
  TensorView result = views[0];
  result.dimensions[axis] = shape.channels;
  result.axes[axis].clear();
  if (shape.channels > 1) result.axes[axis] = {{shape.channels, shape.height * shape.width}};
  result.value = node.emit(Concat{}, values, shape, result.dimensions);
  node.output(result);
}

}  // namespace evenshift::compiler::importer

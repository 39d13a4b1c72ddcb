#include <algorithm>
#include <array>
#include <cmath>

#include "arch/numerics/quantization.h"
#include "compiler/import/fold_helpers.h"
#include "compiler/import/operators.h"
#include "compiler/import/quantized_constants.h"

namespace evenshift::compiler::importer {
namespace {

/// Scale and zero point of every element of a constant: one for all, or one for each index of `axis`.
class Steps {
 public:
  Steps(const NodeImport& node, const TensorData& data) : scales_(node.constant(1, Constraint::quantize_constant)) {
    node.expect(scales_.kind == ElementKind::real && scales_.elements() > 0, "the scale has to be float numbers");
    for (const float scale : scales_.reals)
      node.expect(std::isfinite(scale) && scale > 0, "a scale of {} is not above 0", scale);
    if (node.has_input(2)) {
      zero_points_ = &node.constant(2, Constraint::quantize_constant);
      node.expect(zero_points_->kind == ElementKind::integer && zero_points_->elements() == scales_.elements(),
                  "it has {} scales and {} zero points", scales_.elements(), zero_points_->elements());
    }
    if (scales_.elements() == 1) return;
    const std::size_t axis = node.axis(node.integer("axis", 1), data.dimensions.size());
    node.require(scales_.dimensions.size() == 1 && node.integer("block_size", 0) == 0, Constraint::weight_channels);
    node.expect(scales_.elements() == data.dimensions[axis], "it has {} scales for an axis of {}", scales_.elements(),
                data.dimensions[axis]);
    size_ = data.dimensions[axis];
    stride_ = strides_of(data.dimensions)[axis];
  }

  [[nodiscard]] float scale(std::int64_t element) const { return scales_.reals[index(element)]; }
  [[nodiscard]] std::int64_t zero_point(std::int64_t element) const {
    return zero_points_ == nullptr ? 0 : zero_points_->integers[index(element)];
  }
  [[nodiscard]] int type() const { return zero_points_ == nullptr ? kUint8Type : zero_points_->data_type; }

 private:
  [[nodiscard]] std::size_t index(std::int64_t element) const {
    return static_cast<std::size_t>(element / stride_ % size_);
  }

  const TensorData& scales_;
  const TensorData* zero_points_ = nullptr;
  std::int64_t size_ = 1, stride_ = 1;
};

}  // namespace

void fold_quantize(NodeImport& node) {
  const TensorData& data = folded_input(node, 0);
  node.expect(data.kind == ElementKind::real, "its input has to be float numbers");
  const Steps steps(node, data);
  node.require(steps.type() == kUint8Type || steps.type() == kInt8Type, Constraint::quantize_type);
  const double low = steps.type() == kUint8Type ? 0 : -128;
  TensorData result = like(data, data.dimensions);
  result.kind = ElementKind::integer;
  result.data_type = steps.type();
  for (std::int64_t i = 0; i < data.elements(); ++i) {
    const float scaled = data.reals[static_cast<std::size_t>(i)] / steps.scale(i);
    node.expect(!std::isnan(scaled), "its input holds a NaN");
    const double code = round_half_even(static_cast<double>(scaled)) + static_cast<double>(steps.zero_point(i));
    result.integers.push_back(static_cast<std::int64_t>(std::clamp(code, low, low + 255)));
  }
  node.output_constant(std::move(result));
}

void fold_dequantize(NodeImport& node) {
  const TensorData& data = folded_input(node, 0);
  constexpr std::array kKnown = {kUint4Type, kInt4Type, kUint8Type, kInt8Type, kInt32Type};
  node.expect(data.kind == ElementKind::integer && std::ranges::find(kKnown, data.data_type) != kKnown.end(),
              "its input has to be int4, uint4, int8, uint8 or int32");
  const Steps steps(node, data);
  TensorData result;
  result.dimensions = data.dimensions;
  for (std::int64_t i = 0; i < data.elements(); ++i) {
    const std::int64_t code = data.integers[static_cast<std::size_t>(i)] - steps.zero_point(i);
    node.expect(code >= INT32_MIN && code <= INT32_MAX, "a number less its zero point does not fit 32 bits");
    result.codes.push_back(static_cast<std::int32_t>(code));
    result.steps.push_back(steps.scale(i));
    result.reals.push_back(static_cast<float>(code) * steps.scale(i));
  }
  node.output_constant(std::move(result));
}

void import_quantize(NodeImport& node) { node.output(node.emit_like(Quantize{tensor_params(node)}, node.view(0))); }

void import_dequantize(NodeImport& node) {
  const QuantParams params = tensor_params(node);
  const TensorView view = node.view(0);
  const auto quantized = node.quantized_with(view.value);
  // An input that is given as codes.
  if (!quantized) return node.output(node.emit_like(Quantize{params}, view));
  node.require(*quantized == params, Constraint::dequantize_same);
  node.output(view);
}

}  // namespace evenshift::compiler::importer

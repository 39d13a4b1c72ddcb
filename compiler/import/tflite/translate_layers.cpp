// Convs, dense layers and pools.
#include "compiler/import/quantized_constants.h"
#include "compiler/import/tflite/operators.h"

namespace evenshift::compiler::tflite {
namespace {

using Ints = std::vector<std::int64_t>;

/// Padding of the schema: 0 SAME, of which the odd pixel lies behind, 1 VALID.
std::string auto_pad(std::int8_t padding) { return padding == 0 ? "SAME_UPPER" : "VALID"; }

/// A conv whose weights are in ONNX's order; `inputs` as ONNX's.
void finish_conv(Translation& t, std::vector<std::string> inputs, std::int64_t groups, const Ints& strides,
                 const Ints& dilations, std::int8_t activation) {
  t.require(t.input_tensor(1).is_constant(), Constraint::constant_weights);
  const std::string result = t.add("Conv", std::move(inputs),
                                   {{"group", groups},
                                    {"strides", strides},
                                    {"dilations", dilations},
                                    {"auto_pad", auto_pad(t.op().option<std::int8_t>(0, 0))}});
  t.finish(t.channels_last(result), activation);
}

std::vector<std::string> conv_inputs(Translation& t, const Ints& weight_order) {
  std::vector<std::string> inputs{t.channels_first(t.input(0)), t.transposed(t.input(1), weight_order)};
  if (t.has_input(2)) inputs.push_back(t.input(2));
  return inputs;
}

/// The size of an axis of an image or of its weights; 0 where the rank is another, for the import to find.
std::int64_t axis_size(const TfliteTensor& tensor, std::size_t axis) {
  return tensor.shape.size() == 4 ? tensor.shape[axis] : 0;
}

void translate_pool(Translation& t, const std::string& type) {
  enum Field : std::size_t { kPadding, kStrideW, kStrideH, kWidth, kHeight, kActivation };
  const auto number = [&](std::size_t field) { return std::int64_t{t.op().option<std::int32_t>(field, 0)}; };
  const std::string result = t.add(type, {t.channels_first(t.input(0))},
                                   {{"kernel_shape", Ints{number(kHeight), number(kWidth)}},
                                    {"strides", Ints{number(kStrideH), number(kStrideW)}},
                                    {"auto_pad", auto_pad(t.op().option<std::int8_t>(kPadding, 0))}});
  t.finish(t.channels_last(result), t.op().option<std::int8_t>(kActivation, 0));
}

}  // namespace

void translate_conv(Translation& t) {
  enum Field : std::size_t { kPadding, kStrideW, kStrideH, kActivation, kDilationW, kDilationH };
  const auto number = [&](std::size_t field, std::int32_t fallback) {
    return std::int64_t{t.op().option<std::int32_t>(field, fallback)};
  };
  const std::int64_t per_group = axis_size(t.input_tensor(1), 3), channels = axis_size(t.input_tensor(0), 3);
  finish_conv(t, conv_inputs(t, {0, 3, 1, 2}), per_group > 0 ? channels / per_group : 0,
              {number(kStrideH, 0), number(kStrideW, 0)}, {number(kDilationH, 1), number(kDilationW, 1)},
              t.op().option<std::int8_t>(kActivation, 0));
}

void translate_depthwise_conv(Translation& t) {
  enum Field : std::size_t { kPadding, kStrideW, kStrideH, kMultiplier, kActivation, kDilationW, kDilationH };
  const auto number = [&](std::size_t field, std::int32_t fallback) {
    return std::int64_t{t.op().option<std::int32_t>(field, fallback)};
  };
  finish_conv(t, conv_inputs(t, {3, 0, 1, 2}), axis_size(t.input_tensor(0), 3),
              {number(kStrideH, 0), number(kStrideW, 0)}, {number(kDilationH, 1), number(kDilationW, 1)},
              t.op().option<std::int8_t>(kActivation, 0));
}

void translate_fully_connected(Translation& t) {
  const TfliteTensor& weights = t.input_tensor(1);
  t.require(weights.is_constant(), Constraint::constant_weights);
  t.require(weights.shape.size() == 2, Constraint::matrix_rank);
  // All of the input is one row: more of them would be a batch.
  const std::string flat = t.add("Reshape", {t.input(0), t.constant({-1, weights.shape[1]}, "row")});
  std::vector<std::string> inputs{flat, t.input(1)};
  if (t.has_input(2)) inputs.push_back(t.input(2));
  const bool has_one_scale = weights.scales.size() == 1;
  const std::string row =
      t.add("Gemm", std::move(inputs),
            {{"transB", std::int64_t{1}}, {importer::kFloatProductAttribute, std::int64_t{has_one_scale}}});
  const std::vector<std::int64_t>& shape = t.output_tensor().shape;
  t.finish(shape.size() == 2 ? row : t.add("Reshape", {row, t.constant(shape, "shape")}),
           t.op().option<std::int8_t>(0, 0));
}

void translate_average_pool(Translation& t) { translate_pool(t, "AveragePool"); }
void translate_max_pool(Translation& t) { translate_pool(t, "MaxPool"); }

void translate_mean(Translation& t) {
  const Ints axes = t.integers(1, Constraint::constant_axes);
  const std::int64_t keeps = t.op().option<std::uint8_t>(0, 0) != 0 ? 1 : 0;
  t.finish(t.add("ReduceMean", {t.input(0)}, {{"axes", axes}, {"keepdims", keeps}}), 0);
}

}  // namespace evenshift::compiler::tflite

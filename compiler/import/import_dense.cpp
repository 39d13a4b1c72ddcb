#include <algorithm>
#include <cmath>

#include "compiler/import/fold_helpers.h"
#include "compiler/import/operators.h"
#include "compiler/import/quantized_constants.h"

namespace evenshift::compiler::importer {
namespace {

/// [outputs][inputs] in the order of the model, scaled.
struct Matrix {
  std::int64_t inputs = 0, outputs = 0;
  TensorData weights;
  std::vector<float> bias;
  const TensorData* bias_constant = nullptr;  ///< what the bias is, where it is not scaled
};

Matrix read_matrix(const NodeImport& node, std::size_t input, bool transposed, double factor) {
  const TensorData& data = node.weights(input, Constraint::constant_weights);
  node.expect(data.kind == ElementKind::real, "'{}' has to hold float numbers", printable(node.node().inputs[input]));
  node.require(data.dimensions.size() == 2, Constraint::matrix_rank);
  Matrix matrix;
  matrix.outputs = data.dimensions[transposed ? 0 : 1];
  matrix.inputs = data.dimensions[transposed ? 1 : 0];
  node.expect(data.elements() > 0, "the weights have no elements");
  const Dimensions dimensions{matrix.outputs, matrix.inputs};
  matrix.weights = transposed ? data : gathered(data, dimensions, walk(dimensions, {1, matrix.outputs}));
  if (factor != 1) scale(matrix.weights, factor);
  matrix.bias.assign(static_cast<std::size_t>(matrix.outputs), 0.0f);
  return matrix;
}

/// The last axis of `view` times the matrix: a 1 × 1 conv on its value, or a dense layer on all of it.
void output_product(NodeImport& node, const TensorView& view, Matrix matrix) {
  node.expect(view.rank() >= 1 && view.dimensions.back() == matrix.inputs,
              "the weights are for {} inputs, the input has {}", matrix.inputs,
              view.rank() == 0 ? 1 : view.dimensions.back());
  const Shape shape = node.shape_of(view);
  std::vector<std::int64_t> sources = axis_offsets(view.axes.back());
  Shape source_shape = shape;
  const std::int64_t pixels = shape.height * shape.width;
  const bool is_vector = static_cast<std::int64_t>(sources.size()) == shape.elements();
  if (is_vector) {
    source_shape = {shape.elements(), 1, 1};
  } else {
    const bool by_channel = static_cast<std::int64_t>(sources.size()) == shape.channels &&
                            std::ranges::all_of(sources, [&](std::int64_t offset) { return offset % pixels == 0; });
    node.require(by_channel, Constraint::matmul_layout);
    for (std::int64_t& offset : sources) offset /= pixels;
  }
  const ValueId source = node.reshape_value(view.value, source_shape, view.dimensions);
  Conv conv;
  conv.output_channels = matrix.outputs;
  conv.bias = std::move(matrix.bias);
  // Input i of the model is element sources[i] of the value.
  std::vector<std::int64_t> picks(matrix.weights.reals.size());
  for (std::int64_t o = 0; o < matrix.outputs; ++o)
    for (std::int64_t i = 0; i < matrix.inputs; ++i)
      picks[static_cast<std::size_t>(o * matrix.inputs + sources[static_cast<std::size_t>(i)])] = o * matrix.inputs + i;
  const TensorData ordered = gathered(matrix.weights, matrix.weights.dimensions, picks);
  conv.weights = ordered.reals;
  conv.codes = weight_codes(node, ordered, matrix.outputs);
  if (conv.codes && matrix.bias_constant != nullptr) take_bias(*conv.codes, *matrix.bias_constant);
  if (conv.codes) conv.codes->has_float_product = node.integer(kFloatProductAttribute, 0) != 0;
  TensorView result = view;
  result.dimensions.back() = matrix.outputs;
  const std::int64_t left = source_shape.height * source_shape.width;
  result.axes.back() = matrix.outputs > 1 ? std::vector<Factor>{{matrix.outputs, left}} : std::vector<Factor>{};
  Shape output = source_shape;
  output.channels = matrix.outputs;
  result.value = node.emit(std::move(conv), {source}, output, result.dimensions);
  node.output(result);
}

}  // namespace

void import_gemm(NodeImport& node) {
  node.require(!node.is_constant(0), Constraint::constant_weights);
  const TensorView view = node.view(0);
  node.require(node.integer("transA", 0) == 0, Constraint::gemm_transposed);
  node.expect(view.rank() == 2, "its input has rank {} where 2 is needed", view.rank());
  node.require(view.dimensions[0] == 1, Constraint::gemm_batch);
  Matrix matrix = read_matrix(node, 1, node.integer("transB", 0) != 0, node.number("alpha", 1));
  if (node.has_input(2)) {
    const TensorData& bias = node.weights(2, Constraint::constant_weights);
    const bool one = bias.elements() == 1;
    node.expect(bias.kind == ElementKind::real && (one || bias.elements() == matrix.outputs),
                "the bias has {} elements for {} outputs", bias.elements(), matrix.outputs);
    const double beta = node.number("beta", 1);
    for (std::size_t o = 0; o < matrix.bias.size(); ++o)
      matrix.bias[o] = static_cast<float>(beta * bias.reals[one ? 0 : o]);
    if (beta == 1 && !one) matrix.bias_constant = &bias;
  }
  output_product(node, view, std::move(matrix));
}

void import_matmul(NodeImport& node) {
  node.require(node.is_constant(1) && !node.is_constant(0), Constraint::constant_weights);
  output_product(node, node.view(0), read_matrix(node, 1, false, 1));
}

}  // namespace evenshift::compiler::importer

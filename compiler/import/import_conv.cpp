#include "compiler/import/operators.h"
#include "compiler/import/quantized_constants.h"
#include "compiler/import/window_attributes.h"

namespace evenshift::compiler::importer {

void import_conv(NodeImport& node) {
  const TensorView& view = node.view(0);
  const TensorData& weights = node.weights(1, Constraint::constant_weights);
  const std::size_t rank = view.rank();
  node.require(rank == 3 || rank == 4, Constraint::image_rank);
  node.expect(weights.kind == ElementKind::real, "'{}' has to hold float numbers", printable(node.node().inputs[1]));
  node.expect(weights.dimensions.size() == rank, "weights of rank {} for an input of rank {}",
              weights.dimensions.size(), rank);
  const Image input = node.image(view);
  Conv conv;
  conv.groups = node.integer("group", 1);
  conv.output_channels = weights.dimensions[0];
  node.expect(weights.elements() > 0, "the weights have no elements");
  node.expect(conv.groups >= 1 && conv.groups <= input.shape.channels && input.shape.channels % conv.groups == 0 &&
                  conv.output_channels % conv.groups == 0,
              "{} groups do not divide {} input channels and {} output channels", conv.groups, input.shape.channels,
              conv.output_channels);
  node.expect(weights.dimensions[1] == input.shape.channels / conv.groups,
              "the weights are for {} input channels in {} group(s), the input has {}", weights.dimensions[1],
              conv.groups, input.shape.channels);
  const std::vector<std::int64_t> kernel(weights.dimensions.begin() + 2, weights.dimensions.end());
  const std::vector<std::int64_t> declared = node.integers("kernel_shape");
  node.expect(declared.empty() || declared == kernel, "attribute 'kernel_shape' disagrees with the weights");
  conv.window = read_window(node, input.shape, kernel, rank);
  conv.weights = weights.reals;
  conv.codes = weight_codes(node, weights, conv.output_channels);
  conv.bias.assign(static_cast<std::size_t>(conv.output_channels), 0.0f);
  if (node.has_input(2)) {
    const TensorData& bias = node.weights(2, Constraint::constant_weights);
    node.expect(bias.kind == ElementKind::real && bias.elements() == conv.output_channels,
                "the bias has {} elements for {} output channels", bias.elements(), conv.output_channels);
    conv.bias = bias.reals;
    if (conv.codes) take_bias(*conv.codes, bias);
  }
  Shape output = window_output(input.shape, conv.window);
  output.channels = conv.output_channels;
  Dimensions dimensions{1, output.channels, output.height, output.width};
  if (rank == 3) dimensions = {1, output.channels, output.width};
  node.output(plain_view(node.emit(std::move(conv), {input.value}, output, dimensions), dimensions));
}

}  // namespace evenshift::compiler::importer

#pragma once

#include <string>

#include "arch/image/image.h"
#include "compiler/lower/constant_pool.h"
#include "compiler/lower/layer_plan.h"
#include "compiler/lower/scratchpad.h"
#include "compiler/lower/stream_builder.h"
#include "compiler/lower/tensor_plan.h"
#include "compiler/quantize/quantized_graph.h"

namespace evenshift::compiler {

/// What the lowering of one layer reads and writes.
struct LayerContext {
  const QuantizedGraph& network;
  const Node& node;
  const TensorPlan& tensors;
  StreamBuilder& stream;
  ConstantPool& constants;
  Scratchpad& scratchpad;
  LayerPlan& plan;

  [[nodiscard]] const NpuConfig& config() const { return network.config; }
  [[nodiscard]] const image::Tensor& input(std::size_t index = 0) const { return tensors.of(node.inputs.at(index)); }
  [[nodiscard]] const image::Tensor& output() const { return tensors.of(node.output); }
  [[nodiscard]] const QuantParams& input_quant(std::size_t index = 0) const {
    return network.values.at(static_cast<std::size_t>(node.inputs.at(index)));
  }
  /// "layer 'conv1' (conv)", for messages.
  [[nodiscard]] std::string where() const { return "layer '" + plan.name + "' (" + plan.kind + ")"; }
};

// One function a kind of layer: emits its commands, appends its constants and describes its plan. Each throws Error
// naming the layer where its smallest tile does not fit the scratchpad.
void lower_conv(LayerContext& layer, const Conv& conv, const QuantizedConv& quantized);
void lower_add(LayerContext& layer, const QuantizedAdd& quantized);
void lower_multiply(LayerContext& layer, const QuantizedMultiply& quantized);
void lower_lookup(LayerContext& layer, const QuantizedLookup& quantized);
void lower_parametric_relu(LayerContext& layer, const QuantizedParametricRelu& quantized);
void lower_concat(LayerContext& layer, const QuantizedConcat& quantized);
void lower_max_pool(LayerContext& layer, const MaxPool& pool);
void lower_average_pool(LayerContext& layer, const AveragePool& pool, const QuantizedAveragePool& quantized);
void lower_pad(LayerContext& layer, const Pad& pad, std::int8_t code);
void lower_resize(LayerContext& layer, const Resize& resize);

}  // namespace evenshift::compiler

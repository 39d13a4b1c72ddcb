#pragma once

#include <optional>
#include <string>

#include "arch/image/image.h"
#include "compiler/lower/constant_pool.h"
#include "compiler/lower/conv_plan.h"
#include "compiler/lower/layer_plan.h"
#include "compiler/lower/scratchpad.h"
#include "compiler/lower/stream_builder.h"
#include "compiler/lower/tensor_plan.h"
#include "compiler/quantize/quantized_graph.h"

namespace evenshift::compiler {

/// What the plan of one layer depends on.
struct LayerView {
  const QuantizedGraph& network;
  const Node& node;
  const QuantizedOperator& quantized;
  const TensorPlan& tensors;
  ConvPlanner& planner;
  std::string kind;
  /// The output of the layer before, where it is still in the scratchpad and this layer reads it there.
  std::optional<ValueId> input_that_stays = {};
  bool output_stays = false;  ///< the output is made in the scratchpad as a whole, for the next layer

  [[nodiscard]] const NpuConfig& config() const { return network.config; }
  [[nodiscard]] const image::Tensor& input(std::size_t index = 0) const { return tensors.of(node.inputs.at(index)); }
  [[nodiscard]] const image::Tensor& output() const { return tensors.of(node.output); }
  [[nodiscard]] const QuantParams& input_quant(std::size_t index = 0) const {
    return network.values.at(static_cast<std::size_t>(node.inputs.at(index)));
  }
  [[nodiscard]] bool input_stays(std::size_t index = 0) const { return input_that_stays == node.inputs.at(index); }

  /// Scratchpad bytes besides those of values that stay.
  [[nodiscard]] std::int64_t budget_bytes() const {
    std::int64_t bytes = config().scratchpad.size_bytes;
    if (input_that_stays) bytes -= align_up(tensors.of(*input_that_stays).elements());
    if (output_stays) bytes -= align_up(output().elements());
    return bytes;
  }
  /// "layer 'conv1' (conv)", for messages.
  [[nodiscard]] std::string where() const { return "layer '" + node.name + "' (" + kind + ")"; }
};

/// What the lowering of one layer reads and writes.
struct LayerContext : LayerView {
  StreamBuilder& stream;
  ConstantPool& constants;
  Scratchpad& scratchpad;
  LayerPlan& plan;
  /// Where the values that stay lie.
  std::int64_t staying_input_address = 0, staying_output_address = 0;
};

/// Emits the commands of a layer, appends its constants and describes its plan. Throws Error naming the layer where its
/// smallest tile does not fit the scratchpad.
void lower_layer(LayerContext& layer);

/// Estimated cycles of a layer; nothing where it cannot be lowered with what stays in the scratchpad.
std::optional<std::int64_t> estimate_layer(const LayerView& layer);

// The same for one kind of layer each.
void lower_conv(LayerContext& layer);
std::optional<std::int64_t> estimate_conv(const LayerView& layer);
void lower_elementwise(LayerContext& layer);  ///< add, multiply, lookup, parametric_relu
std::optional<std::int64_t> estimate_elementwise(const LayerView& layer);
void lower_pool(LayerContext& layer);  ///< max_pool, average_pool
std::optional<std::int64_t> estimate_pool(const LayerView& layer);
void lower_concat(LayerContext& layer);
void lower_pad(LayerContext& layer);
void lower_resize(LayerContext& layer);

}  // namespace evenshift::compiler

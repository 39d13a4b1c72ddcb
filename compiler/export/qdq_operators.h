#pragma once

#include <string>
#include <vector>

#include "compiler/export/onnx_writer.h"
#include "compiler/quantize/quantized_graph.h"

namespace evenshift::compiler {

/// A node on its way to ONNX.
struct QdqNode {
  const QuantizedGraph& network;
  std::size_t index = 0;
  std::vector<std::string> inputs;  ///< names of its real inputs, each 1 x C x H x W

  [[nodiscard]] const Node& node() const { return network.graph.nodes[index]; }
  [[nodiscard]] const QuantizedOperator& quantized() const { return network.nodes[index]; }
  [[nodiscard]] const QuantParams& params(ValueId value) const {
    return network.values[static_cast<std::size_t>(value)];
  }
  [[nodiscard]] const std::string& name() const { return node().name; }
};

/// Adds what the node computes, fused clamp included, before its output is quantized; the name of the result.
std::string add_operator(OnnxWriter& writer, const QdqNode& node);

/// Steps of the weights of a conv: its own where it was imported, else M · 2^-(n + k_c) · S_y / S_x, as floats.
std::vector<float> weight_steps(const QdqNode& node);

}  // namespace evenshift::compiler

#pragma once

#include <cstdint>
#include <vector>

#include "arch/image/image.h"
#include "compiler/quantize/quantized_graph.h"

namespace evenshift::compiler {

/// Where the network's values lie in DRAM, and which nodes are layers.
///
/// Every value has a place of its own for as long as it lives: from the first store of the layer that makes it to the
/// last load of the layers that read it; inputs live from the start, outputs to the end. Values whose lives do not
/// overlap may share bytes. The input of a concat whose codes are copied lies inside the concat's output where it can
/// (it is neither an input nor an output of the network and no other concat has it), so that its producer's strided
/// stores are all that the concat costs.
///
/// Reshape and softmax, which stand only at outputs, are the host's: they make no layer, and the value that they read
/// is the image's output, with the shape of the network's output.
struct TensorPlan {
  std::vector<image::Tensor> tensors;         ///< inputs in the network's order, intermediates, outputs in its order
  std::vector<std::int64_t> tensor_of_value;  ///< by ValueId, -1 for what the host computes
  std::vector<std::int64_t> layer_of_node;    ///< -1 for what the host computes
  std::vector<std::int64_t> node_of_layer;
  std::vector<bool> lies_in_concat;  ///< by ValueId: its codes are in place in the output of a concat
  std::int64_t tensor_bytes = 0;     ///< of DRAM for all tensors; addresses begin at 0

  [[nodiscard]] const image::Tensor& of(ValueId value) const {
    return tensors.at(static_cast<std::size_t>(tensor_of_value.at(static_cast<std::size_t>(value))));
  }
};

struct TensorPlanOptions {
  bool reuse_dram = true;       ///< values that do not live at the same time may share bytes
  bool concat_in_place = true;  ///< inputs of a concat lie in its output where they can
};

TensorPlan plan_tensors(const QuantizedGraph& network, const TensorPlanOptions& options);

}  // namespace evenshift::compiler

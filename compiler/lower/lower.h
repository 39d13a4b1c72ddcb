#pragma once

#include <string>
#include <vector>

#include "arch/image/image.h"
#include "compiler/lower/layer_plan.h"
#include "compiler/lower/tensor_plan.h"
#include "compiler/quantize/quantized_graph.h"

namespace evenshift::compiler {

struct LowerOptions {
  TensorPlanOptions tensors;
  bool keep_in_scratchpad = true;  ///< see plan_residency
  bool check = true;               ///< run check_stream on the result
};

/// An image and how it came about.
struct Lowered {
  image::Image image;
  std::vector<LayerPlan> plans;  ///< one a layer
};

/// Turns a quantized network into the image of its machine: DRAM map (constants, then tensors, see TensorPlan), packed
/// constants, and the command stream. Each layer is cut into tiles that fit the scratchpad (conv: see ConvPlan;
/// pooling, padding, resizing: WindowPlan; the others: PixelPlan), and its commands stand in the stream in an order in
/// which they may also run one after the other: for each tile load, compute, store. What overlaps is left to the tokens
/// (see StreamBuilder): while a tile is computed, the next ones are loaded into the other slots and the last one is
/// stored; as a layer's constants are loaded before its inputs, into the scratchpad's other end, they arrive while the
/// layer before still runs.
///
/// Throws Error naming the layer and the bytes that it needs where the machine's scratchpad is too small, and Error
/// where the network needs more DRAM than can be addressed.
Lowered lower(const QuantizedGraph& network, std::string host_json, const LowerOptions& options);

/// The image alone, with the default options.
image::Image lower(const QuantizedGraph& network, std::string host_json);

}  // namespace evenshift::compiler

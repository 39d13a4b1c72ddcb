#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "compiler/explain/variant.h"

namespace evenshift::compiler {

/// What quantization of layers does to the layer's own output and to the network's.
struct LayerEffect {
  double layer_noise = 0;  ///< Σ (f - q)² / Σ f² of the layer's output
  Likeness network;        ///< of the network's output, everything after the layer in floats
};

/// A layer is a node that rounds its output, or an input of the network.
struct LayerLoss {
  std::string name;
  std::string kind;        ///< kind_of, or "input"
  std::int64_t node = -1;  ///< in the graph; -1 for an input
  LayerEffect alone;       ///< only this layer's weights and its output are rounded
  LayerEffect up_to;       ///< those of all layers up to it are
};

/// Walks through the network once, with the values of all images at the frontier (so memory is images · values alive):
/// at every layer it computes the layer as it is and as it is quantized, from the float network's values and from those
/// that the quantized layers before have given, and lets the rest of the float network run from there. `quantized` is
/// `graph` with the weights of the machine; `params` are of its values. L layers cost about L/2 networks for each of
/// the two questions. The same bytes for any number of threads. Throws Cancelled.
std::vector<LayerLoss> walk_layers(const Graph& graph, const Graph& quantized, const std::vector<QuantParams>& params,
                                   const Images& images, const Outputs& exact, const WorkContext& work);

}  // namespace evenshift::compiler

#pragma once

#include <string>
#include <vector>

#include "arch/image/image.h"
#include "compiler/ir/graph.h"
#include "compiler/ir/value_range.h"
#include "compiler/options.h"
#include "compiler/quantize/layer_report.h"
#include "compiler/quantize/quantized_graph.h"

namespace evenshift::compiler {

/// What compilation gives: the image, and why it is as it is.
struct Compilation {
  image::Image image;
  QuantizedGraph quantized;
  std::vector<LayerReport> layers;
};

/// A canonical graph with the ranges that calibration found -> an image: equalize, quantize, lower. `host` is the JSON
/// that the image carries for the host. Throws Error naming the layer that the machine cannot carry.
Compilation compile(const Graph& graph, const std::vector<ValueRange>& ranges, const NpuConfig& config,
                    const CompileOptions& options, const std::string& host);

/// Names of the methods, for messages and help: "none, shift".
std::string equalize_method_names();
std::string calibration_method_names();

/// What is wrong with the options, one sentence each; ranges of single numbers have been checked before.
std::vector<std::string> option_faults(const CompileOptions& options);

}  // namespace evenshift::compiler

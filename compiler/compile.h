#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arch/image/image.h"
#include "compiler/calibrate/calibrate.h"
#include "compiler/equalize/rescale.h"
#include "compiler/ir/graph.h"
#include "compiler/ir/value_range.h"
#include "compiler/options.h"
#include "compiler/quantize/layer_report.h"
#include "compiler/quantize/quantized_graph.h"
#include "compiler/weights/plan_weights.h"

namespace evenshift::compiler {

/// A canonical network after the methods that work between layers, and the ranges of its values.
struct PreparedNetwork {
  Graph graph;
  std::vector<ValueRange> ranges;
  std::vector<ConvFactors> factors = {};  ///< of factorization or cross-layer equalization; empty without
};

/// Factorization and absorption as options.equalize says, then calibration.
PreparedNetwork prepare(const Graph& graph, const CalibrationData& data, const CompileOptions& options,
                        const WorkContext& work);

/// The options that prepare() depends on, as text: equal texts, equal networks.
std::string preparation_key(const CompileOptions& options);

/// What compilation gives: the image, and why it is as it is.
struct Compilation {
  image::Image image;
  QuantizedGraph quantized;
  std::vector<LayerReport> layers;
};

/// A prepared network -> an image: grids, rounding and biases by options.equalize, integers, commands. `data` may be
/// null where no method reads it. `host` is the JSON that the image carries for the host. Throws Error naming the layer
/// that the machine cannot carry.
Compilation compile(const PreparedNetwork& network, const CalibrationData* data, const NpuConfig& config,
                    const CompileOptions& options, const std::string& host, const WorkContext& work = {});

/// options.equalize with `auto` replaced by what docs/results.md found best for these bits.
CompileOptions with_composition(CompileOptions options);

/// The ways to find activation ranges.
std::span<const std::string_view> calibration_methods();

/// Their names, for messages and help.
std::string calibration_method_names();

/// What is wrong with the options, one sentence each; ranges of single numbers have been checked before.
std::vector<std::string> option_faults(const CompileOptions& options);

}  // namespace evenshift::compiler

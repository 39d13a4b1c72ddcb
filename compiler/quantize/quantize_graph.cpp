#include "compiler/quantize/quantize_graph.h"

#include <algorithm>
#include <cmath>

#include "arch/base/check.h"
#include "compiler/calibrate/value_params.h"
#include "compiler/quantize/quantize_add.h"
#include "compiler/quantize/quantize_conv.h"
#include "compiler/quantize/quantize_lookup.h"
#include "compiler/quantize/quantize_pool.h"
#include "compiler/quantize/rescale.h"
#include "compiler/quantize/take_over_conv.h"
#include "compiler/weights/plan_weights.h"

namespace evenshift::compiler {
namespace {

class NodeQuantizer {
 public:
  NodeQuantizer(const std::vector<QuantParams>& values, const NpuConfig& config, std::vector<LayerReport>& layers)
      : values_(values),
        config_(config),
        layers_(layers),
        multiplier_bits_(static_cast<int>(config.requantizer.multiplier_bits)) {}

  QuantizedOperator quantize_node(const Node& node, const WeightPlan& plan) const {
    if (const auto* conv = std::get_if<Conv>(&node.op)) return convert(*conv, node, plan);
    return std::visit([&](const auto& op) { return convert(op, node); }, node.op);
  }

 private:
  [[nodiscard]] const QuantParams& input(const Node& node, std::size_t i = 0) const {
    return values_[static_cast<std::size_t>(node.inputs.at(i))];
  }
  [[nodiscard]] const QuantParams& output(const Node& node) const {
    return values_[static_cast<std::size_t>(node.output)];
  }

  QuantizedOperator convert(const Conv& conv, const Node& node, const WeightPlan& plan) const {
    LayerReport report;
    const ConvTarget target{input(node), output(node), plan};
    QuantizedConv result = conv.codes ? take_over_conv(conv, node.name, target, config_, report)
                                      : quantize_conv(conv, node.name, target, config_, report);
    layers_.push_back(std::move(report));
    return result;
  }

  QuantizedOperator convert(const Add& op, const Node& node) const {
    return quantize_add(op, {input(node, 0), input(node, 1), output(node)}, config_.requantizer);
  }

  QuantizedOperator convert(const Multiply& multiply, const Node& node) const {
    const double a = input(node, 0).scale, b = input(node, 1).scale, y = output(node).scale;
    // TFLite takes this product and quotient in float.
    const double exact =
        config_.requantizer.rounding == RoundingMode::tflite_double
            ? static_cast<double>(static_cast<float>(a) * static_cast<float>(b) / static_cast<float>(y))
            : a * b / y;
    const Rescale scale = rescale_for(exact, multiplier_bits_);
    return QuantizedMultiply{{input(node, 0).zero_point, input(node, 1).zero_point, scale.multiplier, scale.shift},
                             output_range(multiply.clamp, output(node))};
  }

  QuantizedOperator convert(const AveragePool& pool, const Node& node) const {
    return quantize_average_pool(pool, input(node), output(node), config_.requantizer);
  }

  QuantizedOperator convert(const Activation& activation, const Node& node) const {
    return tabulate(activation, input(node), output(node), config_.requantizer.rounding);
  }

  QuantizedOperator convert(const ParametricRelu& relu, const Node& node) const {
    const double scale = input(node).scale / output(node).scale;
    double steepest = 1;
    for (const float slope : relu.slope) steepest = std::max(steepest, std::abs(static_cast<double>(slope)));
    const std::int32_t shift = fixed_point_scale(scale * steepest, multiplier_bits_, 62).shift;
    QuantizedParametricRelu result{multiplier_at(scale, shift), {}, shift, output_range({}, output(node))};
    for (const float slope : relu.slope) result.negative_multipliers.push_back(multiplier_at(scale * slope, shift));
    return result;
  }

  QuantizedOperator convert(const Concat&, const Node& node) const {
    QuantizedConcat result{{}, output_range({}, output(node))};
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (input(node, i) == output(node))
        result.rescales.emplace_back(std::nullopt);
      else
        result.rescales.emplace_back(rescale_for(input(node, i).scale / output(node).scale, multiplier_bits_));
    }
    return result;
  }

  QuantizedOperator convert(const Pad& pad, const Node& node) const {
    return QuantizedCopy{quantize(pad.value, output(node))};
  }
  QuantizedOperator convert(const MaxPool&, const Node&) const { return QuantizedCopy{}; }
  QuantizedOperator convert(const Resize&, const Node&) const { return QuantizedCopy{}; }
  QuantizedOperator convert(const Reshape&, const Node&) const { return QuantizedCopy{}; }
  QuantizedOperator convert(const Softmax&, const Node&) const { return QuantizedCopy{}; }
  QuantizedOperator convert(const Quantize&, const Node& node) const {
    throw InternalError("node '" + node.name + "': a quantizer is left after the passes");
  }
  QuantizedOperator convert(const Affine&, const Node& node) const {
    throw InternalError("node '" + node.name + "': an affine is left after the passes");
  }
  QuantizedOperator convert(const Conv&, const Node& node) const {
    throw InternalError("node '" + node.name + "': a conv without a plan");
  }

  const std::vector<QuantParams>& values_;
  const NpuConfig& config_;
  std::vector<LayerReport>& layers_;
  int multiplier_bits_;
};

}  // namespace

QuantizationResult quantize_graph(const Graph& graph, const std::vector<QuantParams>& params,
                                  const std::vector<WeightPlan>& plans, const NpuConfig& config) {
  check_equal(plans.size(), graph.nodes.size(), "plans of nodes");
  QuantizationResult result;
  result.graph.graph = graph;
  result.graph.config = config;
  result.graph.values = params;
  const NodeQuantizer quantizer(result.graph.values, config, result.layers);
  for (std::size_t n = 0; n < graph.nodes.size(); ++n)
    result.graph.nodes.push_back(quantizer.quantize_node(graph.nodes[n], plans[n]));
  return result;
}

QuantizationResult quantize_graph(const Graph& graph, const std::vector<ValueRange>& ranges, const NpuConfig& config,
                                  const CompileOptions& options) {
  const std::vector<QuantParams> params = value_params(graph, ranges, static_cast<int>(options.activation_bits));
  CompileOptions without_data = options;
  if (options.equalize == "auto") without_data.equalize = "shift";
  return quantize_graph(graph, params, plan_weights(graph, params, config, without_data, nullptr, {}), config);
}

}  // namespace evenshift::compiler

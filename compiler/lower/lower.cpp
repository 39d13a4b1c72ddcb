#include "compiler/lower/lower.h"

#include "arch/base/check.h"
#include "arch/datapath/conv_timing.h"
#include "arch/datapath/vector_timing.h"
#include "compiler/lower/check_stream.h"
#include "compiler/lower/layer_context.h"
#include "compiler/lower/residency.h"

namespace evenshift::compiler {
namespace {

constexpr std::int64_t kMaxDramBytes = std::int64_t{1} << 32;  ///< what a command's addresses reach
constexpr std::int64_t kMaxWindowField = 4095;                 ///< what the window fields of a command hold
constexpr std::int64_t kMaxLayers = 65536;                     ///< what a command's layer field holds

/// The kind of a layer, as image::Layer has it.
std::string layer_kind(const QuantizedGraph& network, const Node& node, const QuantizedOperator& quantized) {
  if (std::holds_alternative<QuantizedLookup>(quantized)) return "lookup";
  if (const auto* conv = std::get_if<Conv>(&node.op)) {
    const Shape& in = network.graph.value(node.inputs.front()).shape;
    if (in.height == 1 && in.width == 1 && conv->groups == 1 && conv->window == Window{}) return "dense";
  }
  return std::string(kind_of(node.op));
}

void check_window(const Window& w, const std::string& where) {
  for (const std::int64_t value : {w.kernel_height, w.kernel_width, w.stride_height, w.stride_width, w.dilation_height,
                                   w.dilation_width, w.pad_top, w.pad_left})
    if (value > kMaxWindowField)
      fail("{}: a kernel, stride, dilation or padding of {} is more than a command can say, {}", where, value,
           kMaxWindowField);
}

image::Layer describe_layer(const QuantizedGraph& network, const TensorPlan& tensors, std::int64_t index,
                            std::string kind) {
  const Node& node =
      network.graph.nodes[static_cast<std::size_t>(tensors.node_of_layer[static_cast<std::size_t>(index)])];
  image::Layer layer;
  layer.name = node.name;
  layer.kind = std::move(kind);
  for (const ValueId input : node.inputs)
    layer.inputs.push_back(tensors.tensor_of_value[static_cast<std::size_t>(input)]);
  for (std::size_t t = 0; t < tensors.tensors.size(); ++t)
    if (tensors.tensors[t].layer == index) layer.outputs.push_back(static_cast<std::int64_t>(t));
  layer.macs = macs_of(network.graph, node);
  return layer;
}

/// Fills in the counts of the plans from the commands.
void count_commands(const image::Image& image, std::vector<LayerPlan>& plans) {
  for (const isa::Command& command : image.commands) {
    LayerPlan& plan = plans[static_cast<std::size_t>(command.layer)];
    ++plan.commands;
    if (const auto* load = std::get_if<isa::Load>(&command.operation)) {
      plan.loaded_bytes += load->rows * load->row_bytes;
    } else if (const auto* store = std::get_if<isa::Store>(&command.operation)) {
      plan.stored_bytes += store->rows * store->row_bytes;
    } else if (const auto* conv = std::get_if<isa::Conv>(&command.operation)) {
      plan.compute_cycles += datapath::conv_timing(*conv, image.config).cycles;
    } else {
      plan.compute_cycles += datapath::vector_timing(command.operation, image.config);
    }
  }
}

/// Settles the DRAM map, constants first, and the addresses in commands and tensors.
void place_in_dram(image::Image& image, ConstantPool& constants, TensorPlan& tensors) {
  const std::int64_t first_tensor = constants.place(0);
  image.dram_bytes = first_tensor + tensors.tensor_bytes;
  if (image.dram_bytes > kMaxDramBytes)
    fail("the network needs {} bytes of DRAM, {} can be addressed", image.dram_bytes, kMaxDramBytes);
  const auto settle = [&](auto& op) {
    if constexpr (requires { op.dram_address; }) {
      const bool is_tensor = op.dram_address < tensors.tensor_bytes;
      op.dram_address = is_tensor ? op.dram_address + first_tensor : constants.final_address(op.dram_address);
    }
  };
  for (isa::Command& command : image.commands) std::visit(settle, command.operation);
  for (image::Tensor& tensor : tensors.tensors) tensor.dram_address += first_tensor;
  constants.move_to(image);
}

void check_windows(const QuantizedGraph& network, const TensorPlan& tensors, const std::vector<std::string>& kinds) {
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const Node& node = network.graph.nodes[static_cast<std::size_t>(tensors.node_of_layer[i])];
    std::visit(
        [&](const auto& op) {
          if constexpr (requires { op.window; })
            check_window(op.window, "layer '" + node.name + "' (" + kinds[i] + ")");
        },
        node.op);
  }
}

}  // namespace

Lowered lower(const QuantizedGraph& network, std::string host_json, const LowerOptions& options) {
  check_equal(network.nodes.size(), network.graph.nodes.size(), "quantized nodes beside the graph's");
  check_equal(network.values.size(), network.graph.values.size(), "quantization parameters beside the graph's values");
  TensorPlan tensors = plan_tensors(network, options.tensors);
  if (static_cast<std::int64_t>(tensors.node_of_layer.size()) > kMaxLayers)
    fail("the network has {} layers, a command can name {}", tensors.node_of_layer.size(), kMaxLayers);
  Lowered result;
  image::Image& image = result.image;
  image.config = network.config;
  image.host = std::move(host_json);
  const std::size_t layers = tensors.node_of_layer.size();
  const auto node_index = [&](std::size_t layer) { return static_cast<std::size_t>(tensors.node_of_layer[layer]); };
  std::vector<std::string> kinds;
  for (std::size_t i = 0; i < layers; ++i)
    kinds.push_back(layer_kind(network, network.graph.nodes[node_index(i)], network.nodes[node_index(i)]));
  check_windows(network, tensors, kinds);
  ConvPlanner planner(network.config);
  const std::vector<bool> stays =
      options.keep_in_scratchpad ? plan_residency(network, tensors, kinds, planner) : std::vector<bool>(layers, false);
  StreamBuilder stream(network.config);
  ConstantPool constants;
  for (std::size_t i = 0; i < layers; ++i) {
    const auto index = static_cast<std::int64_t>(i);
    const Node& node = network.graph.nodes[node_index(i)];
    image.layers.push_back(describe_layer(network, tensors, index, kinds[i]));
    result.plans.push_back({.name = node.name, .kind = kinds[i], .macs = image.layers.back().macs});
    Scratchpad scratchpad(network.config.scratchpad.size_bytes, index % 2 != 0);
    LayerContext layer{{network, node, network.nodes[node_index(i)], tensors, planner, kinds[i]},
                       stream,
                       constants,
                       scratchpad,
                       result.plans.back()};
    if (i > 0 && stays[i - 1]) {
      layer.input_that_stays = network.graph.nodes[node_index(i - 1)].output;
      layer.staying_input_address = scratchpad.allocate(tensors.of(*layer.input_that_stays).elements());
    }
    layer.output_stays = stays[i];
    if (stays[i]) layer.staying_output_address = scratchpad.allocate_far(layer.output().elements());
    stream.begin_layer(index);
    lower_layer(layer);
    layer.plan.scratchpad_bytes = std::max(layer.plan.scratchpad_bytes, scratchpad.used_bytes());
    layer.plan.input_stays = layer.input_that_stays.has_value();
  }
  image.commands = std::move(stream.commands());
  place_in_dram(image, constants, tensors);
  image.tensors = std::move(tensors.tensors);
  count_commands(image, result.plans);
  if (options.check) check_stream(image);
  return result;
}

image::Image lower(const QuantizedGraph& network, std::string host_json) {
  return lower(network, std::move(host_json), LowerOptions{}).image;
}

}  // namespace evenshift::compiler

#include "compiler/import/graph_inputs.h"

#include <algorithm>
#include <numeric>

#include "arch/base/error.h"
#include "compiler/import/nearest.h"

namespace evenshift::compiler::importer {
namespace {

std::string describe(const ImportState& state, const OnnxInput& input) {
  return fmt::format("{}: input '{}'", state.model.path.string(), printable(input.name));
}

/// An input that is given as codes: the network computes with what DequantizeLinear makes of them.
bool is_codes(const OnnxModel& model, const OnnxInput& input) {
  if (input.element_type != kInt8Type && input.element_type != kUint8Type) return false;
  return std::ranges::all_of(model.nodes, [&](const OnnxNode& node) {
    return node.op_type == "DequantizeLinear" || std::ranges::find(node.inputs, input.name) == node.inputs.end();
  });
}

Dimensions input_dimensions(const ImportState& state, const OnnxInput& input) {
  const std::string where = describe(state, input);
  if (input.element_type != kFloatType && !is_codes(state.model, input))
    fail("{} has an element type other than float, or int8 and uint8 where only DequantizeLinear reads it", where);
  if (!input.has_shape) fail("{} has no shape; it needs one, of which only the batch may be symbolic", where);
  const std::size_t rank = input.dimensions.size();
  if (rank < 2 || rank > 4) fail("{} has rank {}; supported are 1 x C x H x W, 1 x C x L and 1 x C", where, rank);
  Dimensions dimensions;
  for (std::size_t i = 0; i < rank; ++i) {
    const OnnxDimension& d = input.dimensions[i];
    if (i == 0) {
      if (d.value > 1)
        fail("{} has a batch of {}; export the network with a batch of 1 or a symbolic one", where, d.value);
      dimensions.push_back(1);
      continue;
    }
    if (d.value <= 0)
      fail("{} has no fixed size in dimension {}{}; only the batch may be symbolic", where, i,
           d.symbol.empty() ? std::string() : fmt::format(" ('{}')", printable(d.symbol)));
    dimensions.push_back(d.value);
  }
  checked_elements(dimensions, where);
  for (const std::int64_t d : dimensions)
    if (d > kMaxAxis) fail("{} has a dimension of {}; the greatest supported is {}", where, d, kMaxAxis);
  return dimensions;
}

bool is_elementwise(const OnnxNode& node) {
  static const std::set<std::string> kTypes = {
      "Identity",           "Cast",           "Dropout",         "Relu", "Clip", "Add", "Sub", "Mul", "Div",
      "BatchNormalization", "QuantizeLinear", "DequantizeLinear"};
  return node.domain.empty() && kTypes.contains(node.op_type);
}

/// Whether everything that reads `name` is a Transpose to channels first, elementwise nodes in between.
bool is_read_as_channels_first(const OnnxModel& model, const std::string& name, std::size_t rank) {
  const std::vector<std::int64_t> to_channels_first =
      rank == 4 ? std::vector<std::int64_t>{0, 3, 1, 2} : std::vector<std::int64_t>{0, 2, 1};
  std::set<std::string> reached{name};
  std::vector<std::string> open{name};
  bool any = false;
  while (!open.empty()) {
    const std::string current = open.back();
    open.pop_back();
    for (const OnnxNode& node : model.nodes) {
      if (std::ranges::find(node.inputs, current) == node.inputs.end()) continue;
      if (node.op_type == "Transpose") {
        const auto perm = node.attributes.find("perm");
        const auto* values =
            perm == node.attributes.end() ? nullptr : std::get_if<std::vector<std::int64_t>>(&perm->second);
        if (values == nullptr || *values != to_channels_first) return false;
        any = true;
      } else if (is_elementwise(node) && !node.outputs.empty()) {
        if (reached.insert(node.outputs[0]).second) open.push_back(node.outputs[0]);
      } else {
        return false;
      }
    }
  }
  return any;
}

std::vector<Role> channels_last(std::size_t rank) {
  if (rank == 4) return {Role::channel, Role::height, Role::width, Role::channel};
  return {Role::channel, Role::width, Role::channel};
}

/// Channels last and channels first can be told apart by their sizes.
bool is_recognizable(const Dimensions& d) {
  return std::ranges::adjacent_find(d.begin() + 1, d.end(), std::ranges::not_equal_to{}) != d.end();
}

}  // namespace

void add_graph_inputs(ImportState& state) {
  if (state.model.inputs.empty()) fail("{} has no input that is not a constant", state.model.path.string());
  for (const OnnxInput& input : state.model.inputs) {
    const Dimensions d = input_dimensions(state, input);
    const std::size_t rank = d.size();
    Shape shape{d[1], rank == 4 ? d[2] : 1, rank == 4 ? d[3] : rank == 3 ? d[2] : 1};
    const bool last = rank > 2 && is_read_as_channels_first(state.model, input.name, rank);
    if (last) shape = rank == 4 ? Shape{d[3], d[1], d[2]} : Shape{d[2], 1, d[1]};
    if (last && !is_recognizable(d))
      fail("{} has its channels last and all its sizes equal; export the network with channels first",
           describe(state, input));
    const ValueId id = state.graph.add_value(input.name, shape, d);
    TensorView view = plain_view(id, d);
    if (last) view.axes = view_axes(d, channels_last(rank), shape);
    state.bindings[input.name].view = view;
    state.graph.inputs.push_back(id);
  }
}

std::vector<std::string> add_graph_outputs(ImportState& state) {
  std::vector<std::string> lines;
  Graph& graph = state.graph;
  std::set<std::string> names;
  if (state.model.outputs.empty()) fail("{} has no output", state.model.path.string());
  for (const std::string& name : state.model.outputs) {
    if (!names.insert(name).second) fail("{}: two outputs are named '{}'", state.model.path.string(), printable(name));
    const Binding& binding = state.bindings[name];
    if (binding.constant) fail("{}: the output '{}' is a constant", state.model.path.string(), printable(name));
    if (!binding.view) continue;
    const TensorView& view = *binding.view;
    ValueId id = view.value;
    const Shape shape = graph.value(id).shape;
    const bool last = (view.rank() == 3 || view.rank() == 4) && view.dimensions[0] == 1 &&
                      is_recognizable(view.dimensions) &&
                      view.axes == view_axes(view.dimensions, channels_last(view.rank()), shape);
    if (!is_plain(view) && !last) {
      lines.push_back(fmt::format("{}: output '{}' ({}): {}", state.model.path.string(), printable(name),
                                  dimensions_text(view.dimensions), sentence(Constraint::output_layout)));
      continue;
    }
    const bool is_taken = graph.is_output(id) || std::ranges::find(graph.inputs, id) != graph.inputs.end();
    if (is_taken) {
      const ValueId source = id;
      id = graph.add_value(name, shape, view.dimensions);
      std::string node_name = name + "/copy";
      while (!state.node_names.insert(node_name).second) node_name += "_";
      graph.nodes.push_back({node_name, Reshape{}, {source}, id});
    }
    graph.value(id).name = name;
    graph.value(id).dimensions = view.dimensions;
    graph.outputs.push_back(id);
  }
  return lines;
}

}  // namespace evenshift::compiler::importer

#include "compiler/reconstruct/blocks.h"

#include <algorithm>
#include <map>
#include <set>

#include "arch/base/ceil_divide.h"
#include "arch/base/check.h"

namespace evenshift::compiler {
namespace {

/// A stretch between two neighbouring cuts.
struct Stretch {
  std::size_t first_node = 0;
  std::size_t end_node = 0;
  std::int64_t convs = 0;
  bool ends_depthwise = false;  ///< its last conv is depthwise
};

bool is_host_node(const Graph& graph, const Node& node, const std::set<ValueId>& host_values) {
  return std::holds_alternative<Softmax>(node.op) ||
         (std::holds_alternative<Reshape>(node.op) && graph.is_output(node.output)) ||
         std::ranges::any_of(node.inputs, [&](ValueId input) { return host_values.contains(input); });
}

/// Which nodes belong into blocks.
std::vector<bool> machine_nodes(const Graph& graph) {
  std::set<ValueId> host_values;
  std::vector<bool> belongs;
  for (const Node& node : graph.nodes) {
    belongs.push_back(!is_host_node(graph, node, host_values));
    if (!belongs.back()) host_values.insert(node.output);
  }
  return belongs;
}

/// By ValueId: index after the last machine node that reads it; 0 where none does.
std::vector<std::size_t> ends_of_life(const Graph& graph, const std::vector<bool>& belongs) {
  std::vector<std::size_t> ends(graph.values.size(), 0);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    for (const ValueId input : graph.nodes[i].inputs)
      if (belongs[i]) ends[static_cast<std::size_t>(input)] = i + 1;
  return ends;
}

std::vector<Stretch> stretches_of(const Graph& graph, const std::vector<bool>& belongs) {
  const std::vector<std::size_t> ends = ends_of_life(graph, belongs);
  std::set<ValueId> alive(graph.inputs.begin(), graph.inputs.end());
  std::vector<Stretch> stretches;
  Stretch current;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!belongs[i]) continue;
    const Node& node = graph.nodes[i];
    if (std::holds_alternative<Conv>(node.op)) {
      ++current.convs;
      current.ends_depthwise = kind_of(node.op) == "depthwise_conv";
    }
    current.end_node = i + 1;
    alive.insert(node.output);
    std::erase_if(alive, [&](ValueId value) { return ends[static_cast<std::size_t>(value)] <= i + 1; });
    if (alive.size() > 1) continue;
    stretches.push_back(current);
    current = {i + 1, i + 1, 0, false};
  }
  return stretches;
}

/// Joins neighbours while `wanted(left, right)`, from the front.
template <typename Wanted>
std::vector<Stretch> joined(const std::vector<Stretch>& stretches, const Wanted& wanted) {
  std::vector<Stretch> result;
  for (const Stretch& next : stretches) {
    if (result.empty() || !wanted(result.back(), next)) {
      result.push_back(next);
      continue;
    }
    Stretch& last = result.back();
    last.end_node = next.end_node;
    last.ends_depthwise = next.convs > 0 ? next.ends_depthwise : last.ends_depthwise;
    last.convs += next.convs;
  }
  return result;
}

}  // namespace

std::vector<Block> cut_into_blocks(const Graph& graph, std::int64_t max_convs) {
  const std::vector<bool> belongs = machine_nodes(graph);
  const auto fits = [&](const Stretch& a, const Stretch& b) { return a.convs + b.convs <= max_convs; };
  std::vector<Stretch> stretches = joined(stretches_of(graph, belongs), [&](const Stretch& a, const Stretch& b) {
    return fits(a, b) && (a.ends_depthwise || b.convs == 0);
  });
  stretches = joined(stretches, fits);
  std::vector<Block> blocks;
  for (const Stretch& stretch : stretches) {
    Block block{stretch.first_node, stretch.end_node, {}, {}};
    std::set<ValueId> made;
    for (std::size_t i = block.first_node; i < block.end_node; ++i) {
      if (!belongs[i]) continue;
      const Node& node = graph.nodes[i];
      for (const ValueId input : node.inputs)
        if (!made.contains(input) && std::ranges::find(block.inputs, input) == block.inputs.end())
          block.inputs.push_back(input);
      made.insert(node.output);
    }
    for (const ValueId value : made) {
      const auto readers = graph.consumers(value);
      if (graph.is_output(value) || std::ranges::any_of(readers, [&](std::int64_t reader) {
            return static_cast<std::size_t>(reader) >= block.end_node || !belongs[static_cast<std::size_t>(reader)];
          }))
        block.outputs.push_back(value);
    }
    blocks.push_back(std::move(block));
  }
  if (!blocks.empty()) blocks.front().inputs = graph.inputs;  // in their order
  return blocks;
}

BlockGraph block_graph(const Graph& graph, const Block& block) {
  BlockGraph result;
  result.graph.name = graph.name;
  std::map<ValueId, ValueId> inner;
  const auto add = [&](ValueId value) {
    inner[value] = result.graph.add_value(graph.value(value).name, graph.value(value).shape);
    result.original.push_back(value);
    return inner[value];
  };
  for (const ValueId input : block.inputs) result.graph.inputs.push_back(add(input));
  std::size_t convs = 0;
  for (std::size_t i = 0; i < block.end_node; ++i) {
    const Node& node = graph.nodes[i];
    const bool is_conv = std::holds_alternative<Conv>(node.op);
    const bool inside = i >= block.first_node &&
                        std::ranges::all_of(node.inputs, [&](ValueId input) { return inner.contains(input); }) &&
                        !std::holds_alternative<Softmax>(node.op);
    if (inside) {
      Node copy = node;
      for (ValueId& input : copy.inputs) input = inner.at(input);
      copy.output = add(node.output);
      result.graph.nodes.push_back(std::move(copy));
      if (is_conv) result.conv_indices.push_back(convs);
    }
    convs += is_conv;
  }
  for (const ValueId output : block.outputs) result.graph.outputs.push_back(inner.at(output));
  verify(result.graph, "cutting a block out");
  return result;
}

Footprint footprint_of(const Graph& block) {
  struct Reach {
    std::int64_t stride = 1;
    std::int64_t margin = 0;
  };
  if (block.inputs.size() != 1 || block.outputs.size() != 1) return {};
  std::vector<Reach> reaches(block.values.size());
  for (const Node& node : block.nodes) {
    Reach reach;
    for (const ValueId input : node.inputs) {
      const Reach& of_input = reaches[static_cast<std::size_t>(input)];
      if (input != node.inputs[0] && of_input.stride != reach.stride) return {};
      reach.stride = of_input.stride;
      reach.margin = std::max(reach.margin, of_input.margin);
    }
    Window window;
    if (const auto* conv = std::get_if<Conv>(&node.op)) {
      window = conv->window;
    } else if (const auto* max_pool = std::get_if<MaxPool>(&node.op)) {
      window = max_pool->window;
    } else if (const auto* average_pool = std::get_if<AveragePool>(&node.op)) {
      window = average_pool->window;
    } else if (std::holds_alternative<Resize>(node.op) || std::holds_alternative<Reshape>(node.op) ||
               std::holds_alternative<Pad>(node.op)) {
      return {};
    }
    const Shape& first = block.value(node.inputs[0]).shape;
    for (const ValueId input : node.inputs)
      if (block.value(input).shape.height != first.height || block.value(input).shape.width != first.width) return {};
    // Only windows that keep the size up to their stride: a global pooling needs all rows.
    const Shape& out = block.value(node.output).shape;
    const auto keeps = [](std::int64_t in, std::int64_t made, std::int64_t stride) {
      return made == in / stride || made == ceil_divide(in, stride);
    };
    if (window.stride_height != window.stride_width || !keeps(first.height, out.height, window.stride_height) ||
        !keeps(first.width, out.width, window.stride_width))
      return {};
    const std::int64_t rows = (window.kernel_height - 1) * window.dilation_height;
    const std::int64_t columns = (window.kernel_width - 1) * window.dilation_width;
    const std::int64_t reached =
        reach.margin + std::max({window.pad_top, window.pad_left, rows - window.pad_top, columns - window.pad_left});
    reach.margin = (reached + window.stride_height - 1) / window.stride_height;
    reach.stride *= window.stride_height;
    reaches[static_cast<std::size_t>(node.output)] = reach;
  }
  const Reach& last = reaches[static_cast<std::size_t>(block.outputs[0])];
  return {true, last.stride, last.margin};
}

Graph resized(Graph block, std::int64_t height, std::int64_t width) {
  Shape& in = block.value(block.inputs.at(0)).shape;
  in.height = height;
  in.width = width;
  for (const Node& node : block.nodes) {
    Shape out = block.value(node.inputs[0]).shape;
    std::visit(
        [&](const auto& op) {
          if constexpr (requires { op.window; }) out = window_output(out, op.window);
        },
        node.op);
    out.channels = block.value(node.output).shape.channels;
    block.value(node.output).shape = out;
  }
  verify(block, "resizing a block");
  return block;
}

}  // namespace evenshift::compiler

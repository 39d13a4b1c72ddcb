#include "compiler/lower/tensor_plan.h"

#include <algorithm>
#include <limits>

#include "arch/base/check.h"
#include "compiler/lower/constant_pool.h"

namespace evenshift::compiler {
namespace {

constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();

bool is_host_node(const Node& node) {
  return std::holds_alternative<Reshape>(node.op) || std::holds_alternative<Softmax>(node.op);
}

/// Bytes of DRAM that one or more values share as parts of one HWC array.
struct Block {
  ValueId root = -1;
  std::int64_t bytes = 0;
  std::int64_t birth = kForever, death = -1;  ///< layers
  std::int64_t address = -1;
};

class Planner {
 public:
  Planner(const QuantizedGraph& network, const TensorPlanOptions& options)
      : graph_(network.graph), network_(network), options_(options), values_(graph_.values.size()) {}

  TensorPlan plan() {
    number_layers();
    find_outputs();
    if (options_.concat_in_place) place_concats();
    find_lives();
    allocate();
    describe();
    return std::move(plan_);
  }

 private:
  struct ValueState {
    bool is_made_by_machine = false;
    bool is_input = false;
    bool is_output = false;
    std::int64_t layer = -1;  ///< that makes it
    ValueId parent = -1;      ///< concat output in which it lies
    std::int64_t offset = 0;  ///< its first channel there
    std::int64_t block = -1;
  };

  ValueState& state(ValueId value) { return values_.at(static_cast<std::size_t>(value)); }

  /// The value that the machine makes and the host turns into `value`.
  ValueId machine_value(ValueId value) const {
    for (std::int64_t node = graph_.producer(value); node >= 0; node = graph_.producer(value)) {
      const Node& producer = graph_.nodes[static_cast<std::size_t>(node)];
      if (!is_host_node(producer)) break;
      value = producer.inputs.front();
    }
    return value;
  }

  void number_layers() {
    for (const ValueId input : graph_.inputs) state(input).is_input = state(input).is_made_by_machine = true;
    plan_.layer_of_node.assign(graph_.nodes.size(), -1);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& node = graph_.nodes[i];
      if (is_host_node(node)) continue;
      for (const ValueId input : node.inputs)
        check(state(input).is_made_by_machine, "node '" + node.name + "' reads what only the host computes");
      plan_.layer_of_node[i] = static_cast<std::int64_t>(plan_.node_of_layer.size());
      state(node.output).layer = plan_.layer_of_node[i];
      state(node.output).is_made_by_machine = true;
      plan_.node_of_layer.push_back(static_cast<std::int64_t>(i));
    }
  }

  void find_outputs() {
    for (const ValueId output : graph_.outputs) state(machine_value(output)).is_output = true;
  }

  void place_concats() {
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& node = graph_.nodes[i];
      if (!std::holds_alternative<Concat>(node.op)) continue;
      const auto& rescales = std::get<QuantizedConcat>(network_.nodes.at(i)).rescales;
      std::int64_t offset = 0;
      for (std::size_t k = 0; k < node.inputs.size(); ++k) {
        ValueState& input = state(node.inputs[k]);
        if (!rescales.at(k) && !input.is_input && !input.is_output && input.parent < 0) {
          input.parent = node.output;
          input.offset = offset;
        }
        offset += graph_.value(node.inputs[k]).shape.channels;
      }
    }
  }

  /// The outermost concat output in which a value lies, and its first channel there.
  std::pair<ValueId, std::int64_t> place_of(ValueId value) {
    std::int64_t offset = 0;
    for (; state(value).parent >= 0; value = state(value).parent) offset += state(value).offset;
    return {value, offset};
  }

  void find_lives() {
    for (std::size_t v = 0; v < values_.size(); ++v) {
      const auto value = static_cast<ValueId>(v);
      if (!state(value).is_made_by_machine) continue;
      const ValueId root = place_of(value).first;
      if (state(root).block < 0) {
        state(root).block = static_cast<std::int64_t>(blocks_.size());
        blocks_.push_back({.root = root, .bytes = graph_.value(root).shape.elements()});
      }
      Block& block = blocks_[static_cast<std::size_t>(state(root).block)];
      block.birth = std::min(block.birth, state(value).layer);
      block.death = std::max(block.death, state(value).is_output ? kForever : state(value).layer);
    }
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (plan_.layer_of_node[i] < 0) continue;
      for (const ValueId input : graph_.nodes[i].inputs) {
        Block& block = blocks_[static_cast<std::size_t>(state(place_of(input).first).block)];
        block.death = std::max(block.death, plan_.layer_of_node[i]);
      }
    }
  }

  /// The largest block first, each at the lowest address that is free for all of its life.
  void allocate() {
    std::vector<Block*> order;
    for (Block& block : blocks_) order.push_back(&block);
    if (options_.reuse_dram) std::ranges::stable_sort(order, std::greater{}, &Block::bytes);
    std::vector<const Block*> placed;  // by address
    for (Block* block : order) {
      std::int64_t address = 0;
      for (const Block* other : placed) {
        const bool together = !options_.reuse_dram || (block->birth <= other->death && other->birth <= block->death);
        if (!together) continue;
        if (address + block->bytes <= other->address) break;
        address = std::max(address, align_up(other->address + other->bytes));
      }
      block->address = address;
      placed.insert(std::ranges::upper_bound(placed, address, {}, &Block::address), block);
      plan_.tensor_bytes = std::max(plan_.tensor_bytes, align_up(address + block->bytes));
    }
  }

  image::Tensor tensor_of(ValueId value) {
    const auto [root, offset] = place_of(value);
    const Shape& shape = graph_.value(value).shape;
    image::Tensor tensor;
    tensor.name = graph_.value(value).name;
    tensor.role = state(value).is_input ? image::TensorRole::input : image::TensorRole::intermediate;
    tensor.channels = shape.channels;
    tensor.height = shape.height;
    tensor.width = shape.width;
    tensor.pixel_stride = graph_.value(root).shape.channels;
    tensor.row_stride = shape.width * tensor.pixel_stride;
    tensor.dram_address = blocks_[static_cast<std::size_t>(state(root).block)].address + offset;
    tensor.quant = network_.values.at(static_cast<std::size_t>(value));
    tensor.layer = state(value).layer;
    if (state(value).is_input) tensor.shape = graph_.value(value).dimensions;
    return tensor;
  }

  void add(ValueId value, image::Tensor tensor) {
    plan_.tensor_of_value[static_cast<std::size_t>(value)] = static_cast<std::int64_t>(plan_.tensors.size());
    plan_.tensors.push_back(std::move(tensor));
  }

  void describe() {
    plan_.tensor_of_value.assign(values_.size(), -1);
    plan_.lies_in_concat.assign(values_.size(), false);
    for (std::size_t v = 0; v < values_.size(); ++v) plan_.lies_in_concat[v] = values_[v].parent >= 0;
    for (const ValueId input : graph_.inputs) add(input, tensor_of(input));
    for (const std::int64_t node : plan_.node_of_layer) {
      const ValueId value = graph_.nodes[static_cast<std::size_t>(node)].output;
      if (!state(value).is_output) add(value, tensor_of(value));
    }
    for (const ValueId output : graph_.outputs) {
      const ValueId value = machine_value(output);
      image::Tensor tensor = tensor_of(value);
      tensor.role = image::TensorRole::output;
      tensor.shape = graph_.value(output).dimensions;
      const bool is_known = plan_.tensor_of_value[static_cast<std::size_t>(value)] >= 0;
      if (is_known) {
        // A second name for codes that are an input or an earlier output.
        tensor.name = graph_.value(output).name;
        plan_.tensors.push_back(std::move(tensor));
      } else {
        add(value, std::move(tensor));
      }
    }
  }

  const Graph& graph_;
  const QuantizedGraph& network_;
  TensorPlanOptions options_;
  std::vector<ValueState> values_;
  std::vector<Block> blocks_;
  TensorPlan plan_;
};

}  // namespace

TensorPlan plan_tensors(const QuantizedGraph& network, const TensorPlanOptions& options) {
  return Planner(network, options).plan();
}

}  // namespace evenshift::compiler

#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "compiler/reference/float_network.h"

namespace evenshift::compiler {

/// Collects the slots and steps of a FloatNetwork.
class FloatBuilder {
 public:
  explicit FloatBuilder(FloatNetwork& network) : network_(network) {}

  [[nodiscard]] const dnnl::engine& engine() const { return network_.engine; }
  [[nodiscard]] const Shape& shape(ValueId value) const { return network_.graph->value(value).shape; }
  /// Layout of a value that was made before.
  [[nodiscard]] const dnnl::memory::desc& layout(ValueId value) const;
  /// Channels that lie side by side in a layout: 1 where it is plain, 4, 8 or 16 where it is blocked, 0 for others.
  [[nodiscard]] static std::int64_t channel_block(const Shape& shape, const dnnl::memory::desc& layout);
  /// One number a channel, in the layout of a value of `shape`.
  [[nodiscard]] static dnnl::memory::desc channel_layout(const Shape& shape, const dnnl::memory::desc& layout);

  /// Slot of `value` in `layout`; reorders it, once, where it is in another.
  int input(ValueId value, const dnnl::memory::desc& layout);
  int input(ValueId value) { return network_.value_slots[static_cast<std::size_t>(value)]; }
  /// New slot that holds `value` in `layout`.
  int output(ValueId value, const dnnl::memory::desc& layout);
  /// New slot of weights, reordered from the dense `dimensions`.
  int constant(const std::vector<float>& values, const dnnl::memory::dims& dimensions,
               const dnnl::memory::desc& layout);

  /// Attributes that every primitive has: memory from the evaluator, and no shortened floats.
  [[nodiscard]] static dnnl::primitive_attr attributes(dnnl::post_ops post_ops = {});

  /// Adds a primitive; `descriptor` is a primitive_desc with the attributes above.
  template <typename Primitive>
  void primitive(const typename Primitive::primitive_desc& descriptor, std::vector<Step::Argument> arguments) {
    if (descriptor.scratchpad_desc().get_size() > 0)
      arguments.push_back({DNNL_ARG_SCRATCHPAD, new_slot(descriptor.scratchpad_desc())});
    network_.steps.push_back({Primitive(descriptor), {}, std::move(arguments), -1});
  }

  /// Adds a function from slot to slot.
  void host(HostFunction function, int input_slot, int output_slot);

  void inputs();
  void node(const Node& node);
  /// Gives every slot a buffer; buffers are used again once their slot was read for the last time.
  void assign_buffers();

 private:
  int new_slot(const dnnl::memory::desc& layout);

  FloatNetwork& network_;
  std::map<ValueId, std::vector<int>> copies_;  ///< of a value, in other layouts
};

/// Adds the steps of one node. Defined beside each other in float_operators.cpp.
void add_steps(FloatBuilder& builder, const Node& node);

}  // namespace evenshift::compiler

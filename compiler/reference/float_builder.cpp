#include "compiler/reference/float_builder.h"

#include <omp.h>

#include <algorithm>

#include "arch/base/check.h"
#include "compiler/reference/float_evaluator.h"
namespace evenshift::compiler {

using dnnl::memory;

dnnl::memory::dims dimensions_of(const Shape& shape) { return {1, shape.channels, shape.height, shape.width}; }

dnnl::memory::desc plain_layout(const Shape& shape) {
  return {dimensions_of(shape), memory::data_type::f32, memory::format_tag::nchw};
}

SingleThreaded::SingleThreaded() : threads_before_(omp_get_max_threads()) { omp_set_num_threads(1); }
SingleThreaded::~SingleThreaded() { omp_set_num_threads(threads_before_); }

const memory::desc& FloatBuilder::layout(ValueId value) const {
  return network_.slots[static_cast<std::size_t>(network_.value_slots[static_cast<std::size_t>(value)])].desc;
}

namespace {

constexpr std::pair<std::int64_t, memory::format_tag> kLayouts[] = {{1, memory::format_tag::nchw},
                                                                    {4, memory::format_tag::nChw4c},
                                                                    {8, memory::format_tag::nChw8c},
                                                                    {16, memory::format_tag::nChw16c}};

}  // namespace

std::int64_t FloatBuilder::channel_block(const Shape& shape, const memory::desc& layout) {
  for (const auto& [block, tag] : kLayouts)
    if (layout == memory::desc(dimensions_of(shape), memory::data_type::f32, tag)) return block;
  return 0;
}

memory::desc FloatBuilder::channel_layout(const Shape& shape, const memory::desc& layout) {
  const std::int64_t channel_block_size = channel_block(shape, layout);
  const memory::dims dimensions = {1, shape.channels, 1, 1};
  for (const auto& [block, tag] : kLayouts)
    if (block == channel_block_size) return {dimensions, memory::data_type::f32, tag};
  return {dimensions, memory::data_type::f32, memory::format_tag::nchw};
}

int FloatBuilder::new_slot(const memory::desc& layout) {
  network_.slots.push_back({layout, {}, -1});
  return static_cast<int>(network_.slots.size()) - 1;
}

int FloatBuilder::input(ValueId value, const memory::desc& wanted) {
  if (layout(value) == wanted) return input(value);
  std::vector<int>& copies = copies_[value];
  for (const int copy : copies)
    if (network_.slots[static_cast<std::size_t>(copy)].desc == wanted) return copy;
  const int copy = new_slot(wanted);
  copies.push_back(copy);
  const dnnl::reorder::primitive_desc reorder(engine(), layout(value), engine(), wanted, attributes());
  primitive<dnnl::reorder>(reorder, {{DNNL_ARG_FROM, input(value)}, {DNNL_ARG_TO, copy}});
  return copy;
}

int FloatBuilder::output(ValueId value, const memory::desc& layout) {
  const int slot = new_slot(layout);
  network_.value_slots[static_cast<std::size_t>(value)] = slot;
  return slot;
}

int FloatBuilder::constant(const std::vector<float>& values, const memory::dims& dimensions,
                           const memory::desc& layout) {
  memory::dims strides(dimensions.size(), 1);
  for (std::size_t i = dimensions.size() - 1; i > 0; --i) strides[i - 1] = strides[i] * dimensions[i];
  check_equal(static_cast<std::int64_t>(values.size()), strides[0] * dimensions[0], "numbers of a constant");
  memory from({dimensions, memory::data_type::f32, strides}, engine(), const_cast<float*>(values.data()));
  memory to(layout, engine());
  dnnl::stream stream(engine());
  dnnl::reorder(from, to).execute(stream, from, to);
  stream.wait();
  const int slot = new_slot(layout);
  network_.slots.back().constant = to;
  return slot;
}

dnnl::primitive_attr FloatBuilder::attributes(dnnl::post_ops post_ops) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  attributes.set_fpmath_mode(dnnl::fpmath_mode::strict);
  attributes.set_post_ops(post_ops);
  return attributes;
}

void FloatBuilder::host(HostFunction function, int input_slot, int output_slot) {
  network_.steps.push_back({{}, std::move(function), {{DNNL_ARG_FROM, input_slot}, {DNNL_ARG_TO, output_slot}}, -1});
}

void FloatBuilder::inputs() {
  network_.value_slots.assign(network_.graph->values.size(), -1);
  for (const ValueId value : network_.graph->inputs) output(value, plain_layout(shape(value)));
}

void FloatBuilder::node(const Node& node) {
  try {
    add_steps(*this, node);
  } catch (const dnnl::error& error) {
    throw InternalError(
        fmt::format("oneDNN cannot compute node '{}' ({}): {}", node.name, kind_of(node.op), error.message));
  }
  network_.steps.back().completes = node.output;
}

void FloatBuilder::assign_buffers() {
  std::vector<Slot>& slots = network_.slots;
  std::vector<std::vector<int>> last_read(network_.steps.size());
  std::vector<bool> seen(slots.size(), false);
  for (std::size_t i = network_.steps.size(); i-- > 0;)
    for (const Step::Argument& argument : network_.steps[i].arguments) {
      const auto slot = static_cast<std::size_t>(argument.slot);
      if (!seen[slot] && !slots[slot].constant) last_read[i].push_back(argument.slot);
      seen[slot] = true;
    }

  std::vector<int> unused;
  std::vector<std::size_t>& sizes = network_.buffer_bytes;
  const auto assign = [&](int slot) {
    Slot& s = slots[static_cast<std::size_t>(slot)];
    if (s.constant || s.buffer >= 0) return;
    const std::size_t bytes = s.desc.get_size();
    const auto size = [&](int buffer) { return sizes[static_cast<std::size_t>(buffer)]; };
    // The smallest buffer that is large enough, else the largest, which grows.
    const auto best = std::ranges::min_element(unused, {}, [&](int buffer) {
      return size(buffer) >= bytes ? std::pair(0, size(buffer)) : std::pair(1, ~size(buffer));
    });
    if (best == unused.end()) {
      s.buffer = static_cast<int>(sizes.size());
      sizes.push_back(bytes);
    } else {
      s.buffer = *best;
      sizes[static_cast<std::size_t>(*best)] = std::max(size(*best), bytes);
      unused.erase(best);
    }
  };
  for (const ValueId input : network_.graph->inputs) assign(this->input(input));
  for (std::size_t i = 0; i < network_.steps.size(); ++i) {
    for (const Step::Argument& argument : network_.steps[i].arguments) assign(argument.slot);
    for (const int slot : last_read[i]) unused.push_back(slots[static_cast<std::size_t>(slot)].buffer);
  }
}

std::shared_ptr<const FloatNetwork> prepare_float_network(std::shared_ptr<const Graph> graph) {
  const SingleThreaded single_threaded;  // primitives are made for the number of threads at their birth
  auto network = std::make_shared<FloatNetwork>();
  network->graph = std::move(graph);
  FloatBuilder builder(*network);
  builder.inputs();
  for (const Node& node : network->graph->nodes) builder.node(node);
  builder.assign_buffers();
  return network;
}

}  // namespace evenshift::compiler

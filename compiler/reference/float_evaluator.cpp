#include "compiler/reference/float_evaluator.h"

#include <algorithm>
#include <new>
#include <unordered_map>

#include "arch/base/check.h"
#include "compiler/reference/float_network.h"

namespace evenshift::compiler {
namespace {

struct AlignedDelete {
  void operator()(float* pointer) const { ::operator delete[](pointer, std::align_val_t{64}); }
};
using AlignedFloats = std::unique_ptr<float[], AlignedDelete>;

AlignedFloats make_aligned_floats(std::size_t bytes) {
  return AlignedFloats(static_cast<float*>(::operator new[](std::max<std::size_t>(bytes, 64), std::align_val_t{64})));
}

}  // namespace

void use_portable_instruction_set() {
  static const dnnl::status status = dnnl::set_max_cpu_isa(dnnl::cpu_isa::sse41);
  check(status == dnnl::status::success, "use_portable_instruction_set was called after a float network had been made");
}

struct FloatEvaluator::State {
  explicit State(std::shared_ptr<const FloatNetwork> prepared) : network(std::move(prepared)), stream(network->engine) {
    for (const std::size_t bytes : network->buffer_bytes) buffers.push_back(make_aligned_floats(bytes));
    for (const Slot& slot : network->slots)
      memories.push_back(
          slot.constant
              ? slot.constant
              : dnnl::memory(slot.desc, network->engine,
                             slot.buffer < 0 ? nullptr : buffers[static_cast<std::size_t>(slot.buffer)].get()));
    for (const Step& step : network->steps) {
      auto& named = arguments.emplace_back();
      for (const Step::Argument& argument : step.arguments)
        named[argument.name] = memories[static_cast<std::size_t>(argument.slot)];
    }
    plain.resize(network->graph->values.size());
  }

  [[nodiscard]] dnnl::memory& memory_of(ValueId value) {
    return memories[static_cast<std::size_t>(network->value_slots[static_cast<std::size_t>(value)])];
  }

  /// The value in (c, y, x) order, valid until the next call.
  std::span<const float> plain_values(ValueId value) {
    const Shape& shape = network->graph->value(value).shape;
    dnnl::memory& memory = memory_of(value);
    const auto elements = static_cast<std::size_t>(shape.elements());
    const dnnl::memory::desc layout = plain_layout(shape);
    if (memory.get_desc() == layout) return {static_cast<const float*>(memory.get_data_handle()), elements};
    if (layout.get_size() > staging_bytes) {
      staging_bytes = layout.get_size();
      staging = make_aligned_floats(staging_bytes);
    }
    dnnl::memory to(layout, network->engine, staging.get());
    dnnl::reorder& reorder = plain[static_cast<std::size_t>(value)];
    if (!reorder) reorder = dnnl::reorder(memory, to);
    reorder.execute(stream, memory, to);
    stream.wait();
    return {staging.get(), elements};
  }

  void publish(ValueId value, const Observer& observer, std::vector<FloatTensor>& results) {
    const bool is_output = network->graph->is_output(value);
    if (!is_output && !observer) return;
    const std::span<const float> values = plain_values(value);
    if (observer) observer(value, values);
    for (std::size_t i = 0; is_output && i < results.size(); ++i)
      if (network->graph->outputs[i] == value) results[i].values.assign(values.begin(), values.end());
  }

  void execute(std::size_t index) {
    const Step& step = network->steps[index];
    if (step.host) {
      const auto pointer = [&](int name) { return static_cast<float*>(arguments[index].at(name).get_data_handle()); };
      step.host(pointer(DNNL_ARG_FROM), pointer(DNNL_ARG_TO));
    } else {
      step.primitive.execute(stream, arguments[index]);
      stream.wait();
    }
  }

  std::shared_ptr<const FloatNetwork> network;
  dnnl::stream stream;
  std::vector<AlignedFloats> buffers;
  std::vector<dnnl::memory> memories;                            ///< beside network->slots
  std::vector<std::unordered_map<int, dnnl::memory>> arguments;  ///< beside network->steps
  std::vector<dnnl::reorder> plain;                              ///< by ValueId, made when first needed
  AlignedFloats staging;
  std::size_t staging_bytes = 0;
};

FloatEvaluator::FloatEvaluator(std::shared_ptr<const Graph> graph)
    : FloatEvaluator(prepare_float_network(std::move(graph))) {}
FloatEvaluator::FloatEvaluator(std::shared_ptr<const FloatNetwork> network)
    : state_(std::make_unique<State>(std::move(network))) {}
FloatEvaluator::FloatEvaluator(FloatEvaluator&&) noexcept = default;
FloatEvaluator& FloatEvaluator::operator=(FloatEvaluator&&) noexcept = default;
FloatEvaluator::~FloatEvaluator() = default;

const Graph& FloatEvaluator::graph() const { return *state_->network->graph; }

std::vector<FloatTensor> FloatEvaluator::run(std::span<const FloatTensor> inputs, const Observer& observer) {
  const SingleThreaded single_threaded;
  const Graph& graph = *state_->network->graph;
  if (inputs.size() != graph.inputs.size())
    fail("network '{}' has {} inputs, and {} were given", graph.name, graph.inputs.size(), inputs.size());
  std::vector<FloatTensor> results;
  for (const ValueId output : graph.outputs) results.push_back({graph.value(output).shape, {}});

  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Value& value = graph.value(graph.inputs[i]);
    if (inputs[i].shape != value.shape || inputs[i].values.size() != static_cast<std::size_t>(value.shape.elements()))
      fail("input '{}' of network '{}' is {}, and {} with {} numbers was given", value.name, graph.name,
           to_string(value.shape), to_string(inputs[i].shape), inputs[i].values.size());
    std::ranges::copy(inputs[i].values, static_cast<float*>(state_->memory_of(graph.inputs[i]).get_data_handle()));
  }
  for (const ValueId input : graph.inputs) state_->publish(input, observer, results);
  for (std::size_t i = 0; i < state_->network->steps.size(); ++i) {
    state_->execute(i);
    const ValueId completed = state_->network->steps[i].completes;
    if (completed >= 0) state_->publish(completed, observer, results);
  }
  return results;
}

}  // namespace evenshift::compiler

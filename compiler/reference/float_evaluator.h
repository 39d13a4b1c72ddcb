#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "compiler/ir/graph.h"
#include "compiler/reference/float_tensor.h"

namespace evenshift::compiler {

/// From here on the whole process evaluates floats with SSE4.1 alone, so that results are the same bytes on every
/// x86-64 machine. Without it the evaluator uses what the machine has, and the last bits differ between machines. To be
/// called before the first FloatNetwork is made, once or more often; a first call after that throws InternalError.
void use_portable_instruction_set();

/// A graph prepared for evaluation: primitives, and weights in the layout that they want. Immutable, and shared by the
/// evaluators of any number of threads.
class FloatNetwork;
std::shared_ptr<const FloatNetwork> prepare_float_network(std::shared_ptr<const Graph> graph);

/// Evaluates a graph in float32 with oneDNN, before or after the passes: every operator of the IR. Sums have an order
/// that depends on the instruction set (see use_portable_instruction_set) and on nothing else. One evaluator a thread;
/// it computes in that thread alone.
class FloatEvaluator {
 public:
  /// Called with every value, graph inputs included, as soon as it is there, in topological order; (c, y, x) order.
  using Observer = std::function<void(ValueId, std::span<const float>)>;

  explicit FloatEvaluator(std::shared_ptr<const Graph> graph);
  explicit FloatEvaluator(std::shared_ptr<const FloatNetwork> network);
  FloatEvaluator(FloatEvaluator&&) noexcept;
  FloatEvaluator& operator=(FloatEvaluator&&) noexcept;
  ~FloatEvaluator();

  /// The graph's outputs, in its order, of one image. Throws Error unless `inputs` are as many as the graph's, of its
  /// shapes. A graph without nodes copies.
  std::vector<FloatTensor> run(std::span<const FloatTensor> inputs, const Observer& observer = {});

  [[nodiscard]] const Graph& graph() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace evenshift::compiler

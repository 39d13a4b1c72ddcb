#pragma once

#include <dnnl.hpp>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "compiler/ir/graph.h"

namespace evenshift::compiler {

/// A piece of memory that steps read and write: a value in some layout, weights, or a primitive's scratchpad.
struct Slot {
  dnnl::memory::desc desc;
  dnnl::memory constant;  ///< weights; shared by all evaluators
  int buffer = -1;        ///< of the evaluator, where it is no constant
};

/// Computes without oneDNN.
using HostFunction = std::function<void(const float* input, float* output)>;

/// One primitive, or one host function (with a single input).
struct Step {
  struct Argument {
    int name = 0;  ///< DNNL_ARG_…
    int slot = 0;
  };
  dnnl::primitive primitive;
  HostFunction host;
  std::vector<Argument> arguments;
  ValueId completes = -1;  ///< the value that is there after this step
};

class FloatNetwork {
 public:
  std::shared_ptr<const Graph> graph;
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  std::vector<Slot> slots;
  std::vector<Step> steps;
  std::vector<int> value_slots;  ///< by ValueId; -1 for values that nothing makes
  std::vector<std::size_t> buffer_bytes;
};

dnnl::memory::dims dimensions_of(const Shape& shape);

/// Dense (c, y, x) order.
dnnl::memory::desc plain_layout(const Shape& shape);

/// Makes oneDNN use one thread in this thread, while it lives.
class SingleThreaded {
 public:
  SingleThreaded();
  ~SingleThreaded();
  SingleThreaded(const SingleThreaded&) = delete;
  SingleThreaded& operator=(const SingleThreaded&) = delete;

 private:
  int threads_before_;
};

}  // namespace evenshift::compiler

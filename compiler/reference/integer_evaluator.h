#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "compiler/quantize/quantized_graph.h"
#include "compiler/reference/float_tensor.h"

namespace evenshift::compiler {

/// Codes of a value in (y, x, c) order, as the machine keeps them.
using Codes = std::vector<std::int8_t>;

/// Codes of real numbers, and back.
Codes quantize_tensor(const FloatTensor& tensor, const QuantParams& params);
FloatTensor dequantize_tensor(const Codes& codes, const Shape& shape, const QuantParams& params);

/// Runs a quantized network node by node, in loops over whole tensors: no commands, no tiles, no scratchpad. Every
/// executor of the compiled image must give the same codes for every tensor (numerics.md, "What must hold", 5). What
/// the host computes, softmax and what follows from it, has no codes; a reshape reorders them.
class IntegerEvaluator {
 public:
  /// Called with every value that has codes, graph inputs included, as soon as it is there.
  using Observer = std::function<void(ValueId, const Codes&)>;

  /// `threads` share the rows of a layer; 0: all of the machine's.
  explicit IntegerEvaluator(std::shared_ptr<const QuantizedGraph> network, int threads = 1);

  /// Codes of every value, by ValueId; empty where a value has none. Throws Error unless `inputs` are as many as the
  /// graph's and of its sizes, InternalError where an accumulator does not fit accumulator_bits.
  [[nodiscard]] std::vector<Codes> run(std::span<const Codes> inputs, const Observer& observer = {}) const;

  [[nodiscard]] const QuantizedGraph& network() const { return *network_; }

 private:
  std::shared_ptr<const QuantizedGraph> network_;
  int threads_;
};

}  // namespace evenshift::compiler

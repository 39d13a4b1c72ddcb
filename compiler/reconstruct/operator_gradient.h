#pragma once

#include <vector>

#include "compiler/reconstruct/batch.h"

/// The operators without weights on batches, and their gradients. Clamps that are fused into them are left to the
/// caller.
namespace evenshift::compiler {

struct NodeBatch {
  struct Input {
    BatchShape shape;
    const float* values = nullptr;
    float* gradient = nullptr;  ///< added to; null where none is wanted
  };
  std::vector<Input> inputs;
  BatchShape shape;  ///< of the output
  float* values = nullptr;
  const float* gradient = nullptr;  ///< of the output
};

/// Fills node.values. Conv and Softmax are no such operators.
void forward_operator(const Operator& op, const NodeBatch& node);

/// Adds to the gradients of the inputs.
void backward_operator(const Operator& op, const NodeBatch& node);

}  // namespace evenshift::compiler

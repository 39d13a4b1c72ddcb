#pragma once

#include "compiler/reconstruct/batch.h"

/// Convolutions of every kind on batches, and their gradients. The clamp is left to the caller.
namespace evenshift::compiler {

/// to = bias + Σ w · x, in (input channel of the group, ky, kx) order.
void conv_forward(const Conv& conv, const ConvParameters& parameters, const BatchShape& in, const float* from,
                  const BatchShape& out, float* to);

/// With g = `to_gradient`, adds ∂/∂x = Σ w · g to `from_gradient`, unless it is null, and ∂/∂w = Σ g · x, ∂/∂b = Σ g
/// to `gradients`.
void conv_backward(const Conv& conv, const ConvParameters& parameters, const BatchShape& in, const float* from,
                   const BatchShape& out, const float* to_gradient, float* from_gradient, ConvParameters& gradients);

/// Adds Σ x · xᵀ over all outputs to `moments`, [groups][taps][taps].
void add_input_moments(const Conv& conv, const BatchShape& in, const float* from, const BatchShape& out,
                       Floats& moments);

}  // namespace evenshift::compiler

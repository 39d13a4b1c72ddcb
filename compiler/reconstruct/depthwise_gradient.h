#pragma once

#include "compiler/reconstruct/batch.h"

/// Convolutions with one input channel a group, and their gradients. Every tap is one long multiply-add over the padded
/// planes of all images.
namespace evenshift::compiler {

/// to = bias + Σ over taps, in (ky, kx) order.
void depthwise_forward(const Conv& conv, const ConvParameters& parameters, const BatchShape& in, const float* from,
                       const BatchShape& out, float* to);

/// Adds to `from_gradient`, unless it is null, and to `gradients`.
void depthwise_backward(const Conv& conv, const ConvParameters& parameters, const BatchShape& in, const float* from,
                        const BatchShape& out, const float* to_gradient, float* from_gradient,
                        ConvParameters& gradients);

}  // namespace evenshift::compiler

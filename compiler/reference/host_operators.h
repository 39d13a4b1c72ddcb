#pragma once

#include "compiler/ir/graph.h"

/// What oneDNN has no primitive for, or none that gives the same bits on every machine; all in (c, y, x) order.
namespace evenshift::compiler {

/// Whether padding is shorter than the kernel on every side and every window has a tap inside the input.
bool is_usual_padding(const Shape& in, const Window& window);

void max_pool(const MaxPool& op, const Shape& in, const Shape& out, const float* from, float* to);

/// A window without a tap inside gives 0.
void average_pool(const AveragePool& op, const Shape& in, const Shape& out, const float* from, float* to);

void parametric_relu(const ParametricRelu& op, const Shape& in, const float* from, float* to);
void pad(const Pad& op, const Shape& in, const float* from, float* to);

/// A pixel is `block` floats.
void resize(const Resize& op, const Shape& in, const float* from, float* to, std::int64_t block = 1);

/// exp(x_c - max) / Σ exp(x_i - max) over the channels of every pixel, in double precision.
void softmax(const Shape& in, const float* from, float* to);

/// e^x for x <= 0, to about 1e-15, from additions and multiplications alone: the same bits on every machine, which
/// std::exp does not promise.
double portable_exp(double x);

}  // namespace evenshift::compiler

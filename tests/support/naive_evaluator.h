#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "compiler/ir/graph.h"

/// What a graph means, in double precision and plain loops: the independent opinion that importers, passes and
/// evaluators are compared with. Values are in (channel, row, column) order.
namespace evenshift::test {

using Numbers = std::vector<double>;

namespace naive {

using compiler::Clamp;
using compiler::Shape;
using compiler::Window;

inline std::size_t at(const Shape& s, std::int64_t c, std::int64_t y, std::int64_t x) {
  return static_cast<std::size_t>((c * s.height + y) * s.width + x);
}

inline double clamped(const Clamp& clamp, double value) { return std::min(std::max(value, clamp.low), clamp.high); }

/// Calls `visit(ky, kx, y, x)` for every tap of output (oy, ox) that lies inside the input.
template <typename Visit>
void for_taps(const Window& w, const Shape& in, std::int64_t oy, std::int64_t ox, Visit&& visit) {
  for (std::int64_t ky = 0; ky < w.kernel_height; ++ky)
    for (std::int64_t kx = 0; kx < w.kernel_width; ++kx) {
      const std::int64_t y = oy * w.stride_height + ky * w.dilation_height - w.pad_top;
      const std::int64_t x = ox * w.stride_width + kx * w.dilation_width - w.pad_left;
      if (y >= 0 && y < in.height && x >= 0 && x < in.width) visit(ky, kx, y, x);
    }
}

/// Calls `compute(c, y, x)` for every output and stores what it returns.
template <typename Compute>
Numbers for_outputs(const Shape& out, Compute&& compute) {
  Numbers result(static_cast<std::size_t>(out.elements()));
  for (std::int64_t c = 0; c < out.channels; ++c)
    for (std::int64_t y = 0; y < out.height; ++y)
      for (std::int64_t x = 0; x < out.width; ++x) result[at(out, c, y, x)] = compute(c, y, x);
  return result;
}

/// Operands and result of one node.
struct Call {
  std::vector<const Numbers*> inputs;
  std::vector<Shape> shapes;
  Shape out;

  [[nodiscard]] double in(std::int64_t c, std::int64_t y, std::int64_t x, std::size_t input = 0) const {
    return (*inputs[input])[at(shapes[input], c, y, x)];
  }
  /// The second operand, which may be one number a channel.
  [[nodiscard]] double second(std::int64_t c, std::int64_t y, std::int64_t x) const {
    const bool same = shapes[1] == shapes[0];
    return in(c, same ? y : 0, same ? x : 0, 1);
  }
};

inline Numbers compute(const compiler::Conv& op, const Call& call) {
  const std::int64_t group_inputs = call.shapes[0].channels / op.groups, group_outputs = op.output_channels / op.groups;
  const Window& w = op.window;
  return for_outputs(call.out, [&](auto c, auto oy, auto ox) {
    double sum = op.bias[static_cast<std::size_t>(c)];
    for (std::int64_t i = 0; i < group_inputs; ++i)
      for_taps(w, call.shapes[0], oy, ox, [&](auto ky, auto kx, auto y, auto x) {
        const std::int64_t weight = ((c * group_inputs + i) * w.kernel_height + ky) * w.kernel_width + kx;
        sum += static_cast<double>(op.weights[static_cast<std::size_t>(weight)]) *
               call.in(c / group_outputs * group_inputs + i, y, x);
      });
    return clamped(op.clamp, sum);
  });
}

inline Numbers compute(const compiler::Affine& op, const Call& call) {
  return for_outputs(call.out, [&](auto c, auto y, auto x) {
    const auto channel = static_cast<std::size_t>(c);
    return op.scale[channel] * call.in(c, y, x) + op.offset[channel];
  });
}

inline Numbers compute(const compiler::Add& op, const Call& call) {
  return for_outputs(call.out, [&](auto c, auto y, auto x) {
    const double b = call.second(c, y, x);
    return clamped(op.clamp, call.in(c, y, x) + (op.subtract ? -b : b));
  });
}

inline Numbers compute(const compiler::Multiply& op, const Call& call) {
  return for_outputs(
      call.out, [&](auto c, auto y, auto x) { return clamped(op.clamp, call.in(c, y, x) * call.second(c, y, x)); });
}

inline Numbers compute(const compiler::MaxPool& op, const Call& call) {
  return for_outputs(call.out, [&](auto c, auto oy, auto ox) {
    double greatest = -std::numeric_limits<double>::infinity();
    for_taps(op.window, call.shapes[0], oy, ox,
             [&](auto, auto, auto y, auto x) { greatest = std::max(greatest, call.in(c, y, x)); });
    return greatest;
  });
}

inline Numbers compute(const compiler::AveragePool& op, const Call& call) {
  return for_outputs(call.out, [&](auto c, auto oy, auto ox) {
    double sum = 0, taps = 0;
    for_taps(op.window, call.shapes[0], oy, ox, [&](auto, auto, auto y, auto x) {
      sum += call.in(c, y, x);
      taps += 1;
    });
    if (op.count_padding) taps = static_cast<double>(op.window.kernel_height * op.window.kernel_width);
    return clamped(op.clamp, sum / taps);
  });
}

inline Numbers compute(const compiler::Activation& op, const Call& call) {
  return for_outputs(call.out, [&](auto c, auto y, auto x) { return compiler::evaluate(op, call.in(c, y, x)); });
}

inline Numbers compute(const compiler::ParametricRelu& op, const Call& call) {
  return for_outputs(call.out, [&](auto c, auto y, auto x) {
    const double value = call.in(c, y, x);
    return value >= 0 ? value : value * op.slope[static_cast<std::size_t>(c)];
  });
}

inline Numbers compute(const compiler::Concat&, const Call& call) {
  Numbers result;
  for (const Numbers* input : call.inputs) result.insert(result.end(), input->begin(), input->end());
  return result;
}

inline Numbers compute(const compiler::Pad& op, const Call& call) {
  const Shape& in = call.shapes[0];
  return for_outputs(call.out, [&](auto c, auto oy, auto ox) {
    const std::int64_t y = oy - op.top, x = ox - op.left;
    const bool inside = y >= 0 && y < in.height && x >= 0 && x < in.width;
    return inside ? call.in(c, y, x) : op.value;
  });
}

inline Numbers compute(const compiler::Resize& op, const Call& call) {
  return for_outputs(call.out, [&](auto c, auto y, auto x) {
    return call.in(c, op.rows.at(static_cast<std::size_t>(y)), op.columns.at(static_cast<std::size_t>(x)));
  });
}

inline Numbers compute(const compiler::Reshape&, const Call& call) { return *call.inputs[0]; }

inline Numbers compute(const compiler::Softmax&, const Call& call) {
  const Shape& s = call.shapes[0];
  return for_outputs(call.out, [&](auto c, auto y, auto x) {
    double greatest = -std::numeric_limits<double>::infinity(), sum = 0;
    for (std::int64_t k = 0; k < s.channels; ++k) greatest = std::max(greatest, call.in(k, y, x));
    for (std::int64_t k = 0; k < s.channels; ++k) sum += std::exp(call.in(k, y, x) - greatest);
    return std::exp(call.in(c, y, x) - greatest) / sum;
  });
}

inline Numbers compute(const compiler::Quantize& op, const Call& call) {
  Numbers result;
  for (const double number : *call.inputs[0]) result.push_back(dequantize(quantize(number, op.params), op.params));
  return result;
}

}  // namespace naive

/// Every value of the graph, by ValueId; `inputs` are the graph's inputs in order.
inline std::vector<Numbers> evaluate_all(const compiler::Graph& graph, const std::vector<Numbers>& inputs) {
  std::vector<Numbers> values(graph.values.size());
  for (std::size_t i = 0; i < graph.inputs.size(); ++i)
    values[static_cast<std::size_t>(graph.inputs[i])] = inputs.at(i);
  for (const compiler::Node& node : graph.nodes) {
    naive::Call call;
    for (const compiler::ValueId input : node.inputs) {
      call.inputs.push_back(&values[static_cast<std::size_t>(input)]);
      call.shapes.push_back(graph.value(input).shape);
    }
    call.out = graph.value(node.output).shape;
    values[static_cast<std::size_t>(node.output)] =
        std::visit([&](const auto& op) { return naive::compute(op, call); }, node.op);
  }
  return values;
}

/// The graph's outputs in order.
inline std::vector<Numbers> evaluate_outputs(const compiler::Graph& graph, const std::vector<Numbers>& inputs) {
  const std::vector<Numbers> values = evaluate_all(graph, inputs);
  std::vector<Numbers> outputs;
  for (const compiler::ValueId output : graph.outputs) outputs.push_back(values[static_cast<std::size_t>(output)]);
  return outputs;
}

/// |a - b| at its greatest, over the greatest |b|.
inline double relative_difference(const Numbers& a, const Numbers& b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  double difference = 0, greatest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference = std::max(difference, std::abs(a[i] - b[i]));
    greatest = std::max(greatest, std::abs(b[i]));
  }
  return greatest > 0 ? difference / greatest : difference;
}

}  // namespace evenshift::test

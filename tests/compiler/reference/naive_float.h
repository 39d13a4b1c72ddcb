#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <vector>

#include "compiler/ir/graph.h"
#include "compiler/reference/float_tensor.h"

/// Every operator of the IR as the plain loop that its comment in graph.h describes, in double precision.
namespace evenshift::compiler::naive {

using Values = std::map<ValueId, std::vector<double>>;

inline double clamp(double x, const Clamp& c) { return std::min(std::max(x, c.low), c.high); }

struct At {
  const std::vector<double>& values;
  Shape shape;
  [[nodiscard]] bool inside(std::int64_t y, std::int64_t x) const {
    return y >= 0 && y < shape.height && x >= 0 && x < shape.width;
  }
  double operator()(std::int64_t c, std::int64_t y, std::int64_t x) const {
    return values[static_cast<std::size_t>((c * shape.height + y) * shape.width + x)];
  }
};

/// to[c][y][x] = function(c, y, x).
template <typename Function>
std::vector<double> fill(const Shape& out, Function&& function) {
  std::vector<double> values;
  for (std::int64_t c = 0; c < out.channels; ++c)
    for (std::int64_t y = 0; y < out.height; ++y)
      for (std::int64_t x = 0; x < out.width; ++x) values.push_back(function(c, y, x));
  return values;
}

/// Calls tap(input y, input x, ky, kx) for every tap, those outside included.
template <typename Tap>
void for_each_tap(const Window& w, std::int64_t y, std::int64_t x, Tap&& tap) {
  for (std::int64_t ky = 0; ky < w.kernel_height; ++ky)
    for (std::int64_t kx = 0; kx < w.kernel_width; ++kx)
      tap(y * w.stride_height + ky * w.dilation_height - w.pad_top,
          x * w.stride_width + kx * w.dilation_width - w.pad_left, ky, kx);
}

inline std::vector<double> compute(const Conv& op, const Shape& out, const std::vector<At>& in) {
  const std::int64_t inputs = in[0].shape.channels / op.groups;
  const std::int64_t outputs = op.output_channels / op.groups;
  return fill(out, [&](auto c, auto y, auto x) {
    double sum = op.bias[static_cast<std::size_t>(c)];
    for_each_tap(op.window, y, x, [&](auto iy, auto ix, auto ky, auto kx) {
      if (!in[0].inside(iy, ix)) return;
      for (std::int64_t i = 0; i < inputs; ++i)
        sum += in[0](c / outputs * inputs + i, iy, ix) *
               op.weights[static_cast<std::size_t>(
                   ((c * inputs + i) * op.window.kernel_height + ky) * op.window.kernel_width + kx)];
    });
    return clamp(sum, op.clamp);
  });
}

inline std::vector<double> compute(const Affine& op, const Shape& out, const std::vector<At>& in) {
  return fill(out, [&](auto c, auto y, auto x) {
    return op.scale[static_cast<std::size_t>(c)] * in[0](c, y, x) + op.offset[static_cast<std::size_t>(c)];
  });
}

inline double second(const std::vector<At>& in, const Shape& out, std::int64_t c, std::int64_t y, std::int64_t x) {
  return in[1].shape == out ? in[1](c, y, x) : in[1](c, 0, 0);
}

inline std::vector<double> compute(const Add& op, const Shape& out, const std::vector<At>& in) {
  return fill(out, [&](auto c, auto y, auto x) {
    const double b = second(in, out, c, y, x);
    return clamp(in[0](c, y, x) + (op.subtract ? -b : b), op.clamp);
  });
}

inline std::vector<double> compute(const Multiply& op, const Shape& out, const std::vector<At>& in) {
  return fill(out, [&](auto c, auto y, auto x) { return clamp(in[0](c, y, x) * second(in, out, c, y, x), op.clamp); });
}

inline std::vector<double> compute(const MaxPool& op, const Shape& out, const std::vector<At>& in) {
  return fill(out, [&](auto c, auto y, auto x) {
    double greatest = -std::numeric_limits<double>::infinity();
    for_each_tap(op.window, y, x, [&](auto iy, auto ix, auto, auto) {
      if (in[0].inside(iy, ix)) greatest = std::max(greatest, in[0](c, iy, ix));
    });
    return greatest;
  });
}

inline std::vector<double> compute(const AveragePool& op, const Shape& out, const std::vector<At>& in) {
  return fill(out, [&](auto c, auto y, auto x) {
    double sum = 0;
    std::int64_t taps = 0;
    std::int64_t all = 0;
    for_each_tap(op.window, y, x, [&](auto iy, auto ix, auto, auto) {
      ++all;
      if (!in[0].inside(iy, ix)) return;
      ++taps;
      sum += in[0](c, iy, ix);
    });
    return clamp(taps == 0 ? 0 : sum / static_cast<double>(op.count_padding ? all : taps), op.clamp);
  });
}

inline std::vector<double> compute(const Activation& op, const Shape& out, const std::vector<At>& in) {
  return fill(out, [&](auto c, auto y, auto x) { return evaluate(op, in[0](c, y, x)); });
}

inline std::vector<double> compute(const ParametricRelu& op, const Shape& out, const std::vector<At>& in) {
  return fill(out, [&](auto c, auto y, auto x) {
    const double value = in[0](c, y, x);
    return value >= 0 ? value : op.slope[static_cast<std::size_t>(c)] * value;
  });
}

inline std::vector<double> compute(const Concat&, const Shape& out, const std::vector<At>& in) {
  return fill(out, [&](auto c, auto y, auto x) {
    std::size_t input = 0;
    while (c >= in[input].shape.channels) c -= in[input++].shape.channels;
    return in[input](c, y, x);
  });
}

inline std::vector<double> compute(const Pad& op, const Shape& out, const std::vector<At>& in) {
  return fill(out, [&](auto c, auto y, auto x) {
    return in[0].inside(y - op.top, x - op.left) ? in[0](c, y - op.top, x - op.left) : op.value;
  });
}

inline std::vector<double> compute(const Resize& op, const Shape& out, const std::vector<At>& in) {
  return fill(out, [&](auto c, auto y, auto x) {
    return in[0](c, op.rows[static_cast<std::size_t>(y)], op.columns[static_cast<std::size_t>(x)]);
  });
}

inline std::vector<double> compute(const Reshape&, const Shape&, const std::vector<At>& in) { return in[0].values; }

inline std::vector<double> compute(const Softmax&, const Shape& out, const std::vector<At>& in) {
  return fill(out, [&](auto c, auto y, auto x) {
    double sum = 0;
    for (std::int64_t i = 0; i < out.channels; ++i) sum += std::exp(in[0](i, y, x) - in[0](c, y, x));
    return 1 / sum;
  });
}

/// All values of a graph.
inline Values evaluate_graph(const Graph& graph, const std::vector<FloatTensor>& inputs) {
  Values values;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    values[graph.inputs[i]] = {inputs[i].values.begin(), inputs[i].values.end()};
  for (const Node& node : graph.nodes) {
    std::vector<At> in;
    for (const ValueId input : node.inputs) in.push_back({values.at(input), graph.value(input).shape});
    values[node.output] =
        std::visit([&](const auto& op) { return compute(op, graph.value(node.output).shape, in); }, node.op);
  }
  return values;
}

}  // namespace evenshift::compiler::naive

#include "compiler/reconstruct/graph_run.h"

#include <algorithm>

#include "arch/base/check.h"
#include "compiler/reconstruct/conv_gradient.h"
#include "compiler/reconstruct/operator_gradient.h"
#include "compiler/reconstruct/vector_math.h"
#include "compiler/reference/vector_dispatch.h"

namespace evenshift::compiler {
namespace {

/// What a node does to each number last: min(max(x, low), high), then rounding to codes.
struct Limits {
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();
  const QuantParams* params = nullptr;

  [[nodiscard]] bool any() const {
    return params != nullptr || low > -std::numeric_limits<float>::infinity() ||
           high < std::numeric_limits<float>::infinity();
  }
};

Limits limits_of(const Node& node, std::span<const QuantParams> quantization) {
  Limits limits;
  std::visit(
      [&](const auto& op) {
        if constexpr (requires { op.clamp; }) {
          limits.low = static_cast<float>(op.clamp.low);
          limits.high = static_cast<float>(op.clamp.high);
        }
      },
      node.op);
  if (!quantization.empty()) {
    limits.params = &quantization[static_cast<std::size_t>(node.output)];
    limits.low = std::max(limits.low, static_cast<float>(dequantize(limits.params->min_code(), *limits.params)));
    limits.high = std::min(limits.high, static_cast<float>(dequantize(limits.params->max_code(), *limits.params)));
  }
  return limits;
}

void apply(const Limits& limits, const Floats& from, Floats& to) {
  with_widest_vectors([&] {
    const std::size_t count = from.size();
    const float* in = from.data();
    float* out = to.data();
    for (std::size_t i = 0; i < count; ++i) {
      const float raised = in[i] < limits.low ? limits.low : in[i];
      out[i] = raised > limits.high ? limits.high : raised;
    }
  });
  if (limits.params != nullptr) fake_quantize(*limits.params, to);
}

}  // namespace

void fake_quantize(const QuantParams& params, std::span<float> values) {
  const auto scale = static_cast<float>(params.scale);
  const float inverse = 1 / scale;
  const auto low = static_cast<float>(params.min_code() - params.zero_point);
  const auto high = static_cast<float>(params.max_code() - params.zero_point);
  with_widest_vectors([&] {
    const std::size_t count = values.size();
    float* value = values.data();
    for (std::size_t i = 0; i < count; ++i) {
      const float scaled = value[i] * inverse;
      const float raised = scaled < low ? low : scaled;
      value[i] = round_small(raised > high ? high : raised) * scale;
    }
  });
}

std::vector<ConvParameters> parameters_of(const Graph& graph) {
  std::vector<ConvParameters> parameters;
  for (const Node& node : graph.nodes)
    if (const auto* conv = std::get_if<Conv>(&node.op)) parameters.push_back({conv->weights, conv->bias});
  return parameters;
}

std::vector<ConvParameters> zeros_like(const std::vector<ConvParameters>& parameters) {
  std::vector<ConvParameters> zeros;
  for (const ConvParameters& conv : parameters)
    zeros.push_back({Floats(conv.weights.size()), Floats(conv.bias.size())});
  return zeros;
}

void accumulate(std::vector<ConvParameters>& a, const std::vector<ConvParameters>& b) {
  const auto add = [](Floats& to, const Floats& from) {
    with_widest_vectors([&] { add_scaled(static_cast<std::int64_t>(to.size()), 1.0F, from.data(), to.data()); });
  };
  for (std::size_t i = 0; i < a.size(); ++i) {
    add(a[i].weights, b[i].weights);
    add(a[i].bias, b[i].bias);
  }
}

GraphRun::GraphRun(const Graph& graph, const std::vector<ConvParameters>& parameters,
                   std::span<const QuantParams> quantization, std::int64_t images)
    : graph_(graph),
      parameters_(parameters),
      quantization_(quantization),
      images_(images),
      values_(graph.values.size()),
      before_limits_(graph.nodes.size()) {
  for (std::size_t i = 0; i < values_.size(); ++i)
    values_[i].resize(static_cast<std::size_t>(shape(static_cast<ValueId>(i)).elements()));
}

void GraphRun::forward() {
  std::size_t conv_index = 0;
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    const Node& node = graph_.nodes[i];
    const Limits limits = limits_of(node, quantization_);
    Floats& final = value(node.output);
    if (limits.any()) before_limits_[i].resize(final.size());
    Floats& made = limits.any() ? before_limits_[i] : final;
    if (const auto* conv = std::get_if<Conv>(&node.op)) {
      conv_forward(*conv, parameters_[conv_index++], shape(node.inputs[0]), value(node.inputs[0]).data(),
                   shape(node.output), made.data());
    } else {
      NodeBatch batch{{}, shape(node.output), made.data(), nullptr};
      for (const ValueId input : node.inputs) batch.inputs.push_back({shape(input), value(input).data(), nullptr});
      forward_operator(node.op, batch);
    }
    if (limits.any()) apply(limits, made, final);
  }
}

void GraphRun::backward(std::vector<Seed> seeds, std::vector<ConvParameters>& gradients) {
  std::vector<Floats> gradient(values_.size());  // by ValueId; empty: 0
  for (Seed& seed : seeds) gradient[static_cast<std::size_t>(seed.value)] = std::move(seed.gradient);
  std::size_t conv_index = parameters_.size();
  for (std::size_t i = graph_.nodes.size(); i-- > 0;) {
    const Node& node = graph_.nodes[i];
    const auto* conv = std::get_if<Conv>(&node.op);
    if (conv != nullptr) --conv_index;
    Floats& of_output = gradient[static_cast<std::size_t>(node.output)];
    if (of_output.empty()) continue;
    const Limits limits = limits_of(node, quantization_);
    if (limits.any()) {
      with_widest_vectors([&] {
        const float* before = before_limits_[i].data();
        float* g = of_output.data();
        const std::size_t count = of_output.size();
        for (std::size_t k = 0; k < count; ++k) g[k] = before[k] > limits.low && before[k] < limits.high ? g[k] : 0.0F;
      });
    }
    const auto gradient_of = [&](ValueId input) -> float* {
      if (graph_.producer(input) < 0) return nullptr;
      Floats& of_input = gradient[static_cast<std::size_t>(input)];
      if (of_input.empty()) of_input.resize(value(input).size());
      return of_input.data();
    };
    if (conv != nullptr) {
      conv_backward(*conv, parameters_[conv_index], shape(node.inputs[0]), value(node.inputs[0]).data(),
                    shape(node.output), of_output.data(), gradient_of(node.inputs[0]), gradients[conv_index]);
    } else {
      NodeBatch batch{{}, shape(node.output), value(node.output).data(), of_output.data()};
      for (const ValueId input : node.inputs)
        batch.inputs.push_back({shape(input), value(input).data(), gradient_of(input)});
      backward_operator(node.op, batch);
    }
    Floats().swap(of_output);
  }
}

}  // namespace evenshift::compiler

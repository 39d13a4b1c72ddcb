#include "tests/conformance/random_graph.h"

#include <algorithm>
#include <cmath>

#include "compiler/ir/passes/canonicalize.h"
#include "tests/conformance/engines.h"
#include "tests/support/naive_evaluator.h"
#include "tests/support/random_source.h"

namespace evenshift::conformance {
namespace {

using compiler::Clamp;
using compiler::Shape;
using compiler::ValueId;
using compiler::Window;
using support::RandomSource;

class Maker {
 public:
  explicit Maker(RandomSource& random) : random_(random) { graph_.name = "random"; }

  compiler::Graph make() {
    graph_.inputs.push_back(graph_.add_value("input", {random_.in(1, 12), random_.in(2, 9), random_.in(2, 9)}));
    values_.push_back(graph_.inputs[0]);
    for (std::int64_t layers = random_.in(2, 7); layers > 0; --layers) values_.push_back(add_layer());
    if (random_.one_in(3)) {
      const ValueId pooled = global_pool(values_.back());
      values_.push_back(conv(pooled, Window{}, random_.in(2, 11), 1, {}));
      if (random_.one_in(2)) values_.push_back(node(compiler::Softmax{}, {values_.back()}, shape(values_.back())));
    }
    graph_.outputs = {values_.back()};
    return graph_;
  }

 private:
  [[nodiscard]] Shape shape(ValueId value) const { return graph_.value(value).shape; }

  ValueId node(compiler::Operator op, std::vector<ValueId> inputs, const Shape& out) {
    const std::string name = "node" + std::to_string(graph_.nodes.size());
    const ValueId value = graph_.add_value("value" + std::to_string(graph_.nodes.size()), out);
    graph_.nodes.push_back({name, std::move(op), std::move(inputs), value});
    return value;
  }

  /// Uniform in [-spread, spread], in steps of spread / 1000.
  float number(double spread) {
    return static_cast<float>(spread * static_cast<double>(random_.in(-1000, 1000)) / 1000);
  }
  std::vector<float> numbers(std::int64_t count, double spread) {
    std::vector<float> result(static_cast<std::size_t>(count));
    for (float& value : result) value = number(spread);
    return result;
  }

  Clamp random_clamp() {
    switch (random_.in(0, 3)) {
      case 0:
        return {0, 6};
      case 1:
        return {.low = 0};
      case 2:
        return {-1, 1.5};
      default:
        return {};
    }
  }

  Window random_window(const Shape& in, bool pool) {
    for (;;) {
      Window w;
      w.kernel_height = random_.in(1, 3);
      w.kernel_width = random_.in(1, 4);
      w.stride_height = random_.in(1, 2);
      w.stride_width = random_.in(1, 2);
      if (!pool) w.dilation_height = w.dilation_width = random_.one_in(4) ? 2 : 1;
      w.pad_top = random_.in(0, w.kernel_height - 1);
      w.pad_bottom = random_.in(0, w.kernel_height - 1);
      w.pad_left = random_.in(0, w.kernel_width - 1);
      w.pad_right = random_.in(0, w.kernel_width - 1);
      const Shape out = window_output(in, w);
      if (out.height >= 1 && out.width >= 1) return w;
    }
  }

  /// Filters whose sizes differ by powers of two up to 2^6; one in twelve is all zero.
  ValueId conv(ValueId in, const Window& window, std::int64_t channels, std::int64_t groups, Clamp clamp) {
    const std::int64_t taps = shape(in).channels / groups * window.kernel_height * window.kernel_width;
    compiler::Conv op{window, groups, channels, {}, numbers(channels, 0.4), clamp};
    for (std::int64_t c = 0; c < channels; ++c) {
      const double size = random_.one_in(12) ? 0.0 : std::ldexp(3.0, -static_cast<int>(random_.in(0, 6)));
      const auto filter = numbers(taps, size / std::sqrt(static_cast<double>(taps)));
      op.weights.insert(op.weights.end(), filter.begin(), filter.end());
    }
    Shape out = window_output(shape(in), window);
    out.channels = channels;
    return node(std::move(op), {in}, out);
  }

  ValueId global_pool(ValueId in) {
    const Shape s = shape(in);
    const Window window{.kernel_height = s.height, .kernel_width = s.width};
    return node(compiler::AveragePool{window, false, {}}, {in}, {s.channels, 1, 1});
  }

  std::vector<ValueId> values_like(ValueId value, bool same_channels) const {
    std::vector<ValueId> alike;
    for (const ValueId other : values_)
      if (shape(other).height == shape(value).height && shape(other).width == shape(value).width &&
          (!same_channels || shape(other).channels == shape(value).channels))
        alike.push_back(other);
    return alike;
  }

  ValueId add_layer() {
    const ValueId in = random_.one_in(4) ? random_.of(values_) : values_.back();
    const Shape s = shape(in);
    switch (random_.in(0, 14)) {
      case 0:
      case 1:
      case 2:
        return conv(in, random_window(s, false), random_.in(1, 24), 1, random_clamp());
      case 3:
      case 4:
        return conv(in, random_window(s, false), s.channels * random_.in(1, 2), s.channels, random_clamp());
      case 5:
        return s.channels % 2 == 0 ? conv(in, random_window(s, false), 2 * random_.in(1, 8), 2, random_clamp())
                                   : conv(in, Window{}, random_.in(1, 16), 1, random_clamp());
      case 6: {
        const ValueId same = node(compiler::Activation{compiler::Function::hard_swish, 0, 0}, {in}, s);
        return node(compiler::Add{random_.one_in(4), random_clamp()}, {same, in}, s);
      }
      case 7:
        return node(compiler::Add{random_.one_in(4), random_clamp()}, {in, random_.of(values_like(in, true))}, s);
      case 8: {
        const ValueId gate =
            node(compiler::Activation{compiler::Function::sigmoid, 0, 0}, {global_pool(in)}, {s.channels, 1, 1});
        return node(compiler::Multiply{}, {in, gate}, s);
      }
      case 9: {
        const Window w = random_window(s, true);
        return node(compiler::MaxPool{w}, {in}, window_output(s, w));
      }
      case 10: {
        const Window w = random_window(s, true);
        return node(compiler::AveragePool{w, random_.one_in(2), {}}, {in}, window_output(s, w));
      }
      case 11: {
        const auto function = static_cast<compiler::Function>(random_.in(1, 8));
        return node(compiler::Activation{function, 0.2, 0.5}, {in}, s);
      }
      case 12: {
        std::vector<ValueId> parts{in};
        for (std::int64_t i = random_.in(1, 2); i > 0; --i) parts.push_back(random_.of(values_like(in, false)));
        Shape out = s;
        out.channels = 0;
        for (const ValueId part : parts) out.channels += shape(part).channels;
        return node(compiler::Concat{}, parts, out);
      }
      case 13: {
        const compiler::ParametricRelu op{numbers(s.channels, 0.5)};
        return node(op, {in}, s);
      }
      default: {
        compiler::Resize op;
        for (std::int64_t y = 0; y < std::min<std::int64_t>(2 * s.height, 12); ++y)
          op.rows.push_back(y * s.height / std::min<std::int64_t>(2 * s.height, 12));
        for (std::int64_t x = 0; x < s.width; ++x) op.columns.push_back(x);
        const auto rows = static_cast<std::int64_t>(op.rows.size());
        return node(std::move(op), {in}, {s.channels, rows, s.width});
      }
    }
  }

  RandomSource& random_;
  compiler::Graph graph_;
  std::vector<ValueId> values_;
};

NpuConfig random_machine(RandomSource& random, std::uint64_t seed) {
  NpuConfig config;
  config.name = "random";
  const std::int64_t array = kBuiltArrays[seed % 32 == 31 ? 3U : seed % 8 == 7 ? 2U : seed % 2];
  config.conv_core.mac_rows = config.conv_core.mac_cols = array;
  config.conv_core.accumulator_bits = random.of<std::int64_t>({32, 32, 24, 20});
  config.conv_core.accumulator_entries = random.of<std::int64_t>({8, 60, 512});
  config.conv_core.requant_lanes = random.of<std::int64_t>({1, 4, 16});
  config.scratchpad.size_bytes = random.of<std::int64_t>({8192, 32768, 262144});
  config.fetch.queue_entries = random.of<std::int64_t>({2, 16});
  auto& requantizer = config.requantizer;
  requantizer.shift_bits = random.in(0, 5);
  requantizer.requant_scale =
      random.one_in(2) ? RequantScale::layer_with_channel_shift : static_cast<RequantScale>(random.in(0, 3));
  requantizer.rounding =
      static_cast<RoundingMode>(random.in(0, requantizer.requant_scale == RequantScale::channel_shift_only ? 3 : 4));
  requantizer.multiplier_bits =
      requantizer.rounding == RoundingMode::tflite_double || random.one_in(2) ? 31 : random.in(8, 30);
  return config;
}

}  // namespace

RandomNetwork random_network(std::uint64_t seed) {
  RandomSource random(seed);
  RandomNetwork network;
  network.graph = compiler::canonicalize(Maker(random).make());
  std::vector<test::Numbers> inputs;
  for (const ValueId input : network.graph.inputs) {
    test::Numbers values(static_cast<std::size_t>(network.graph.value(input).shape.elements()));
    for (double& value : values) value = static_cast<double>(random.in(-2000, 2000)) / 1000;
    inputs.push_back(std::move(values));
  }
  for (const test::Numbers& numbers : test::evaluate_all(network.graph, inputs)) {
    const auto [low, high] = std::ranges::minmax(numbers);
    const double stretch = static_cast<double>(random.in(6, 15)) / 10;
    network.ranges.push_back({std::min(0.0, low * stretch), std::max(0.0, high * stretch)});
  }
  network.config = random_machine(random, seed);
  network.options.weight_bits = random.one_in(2) ? 8 : random.in(2, 8);
  network.options.activation_bits = random.one_in(2) ? 8 : random.in(4, 8);
  const bool can_shift = network.config.requantizer.requant_scale == RequantScale::layer_with_channel_shift;
  network.options.equalize = can_shift && !random.one_in(4) ? "shift" : "none";
  return network;
}

}  // namespace evenshift::conformance

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/quantize/quantized_graph.h"
#include "tests/support/random_source.h"

namespace evenshift::compiler {

/// Builds quantized networks with random integers. Every call adds a node and returns its output.
class NetworkBuilder {
 public:
  NetworkBuilder(const NpuConfig& config, std::uint64_t seed) : random_(seed) { network_.config = config; }

  ValueId input(Shape shape);
  ValueId conv(ValueId input, const Window& window, std::int64_t output_channels, std::int64_t groups = 1,
               int weight_bits = 8);
  ValueId dense(ValueId input, std::int64_t outputs) { return conv(input, {}, outputs); }
  ValueId depthwise(ValueId input, const Window& window, std::int64_t multiplier = 1);
  ValueId add(ValueId a, ValueId b);
  ValueId multiply(ValueId a, ValueId b);
  ValueId max_pool(ValueId input, const Window& window);
  ValueId average_pool(ValueId input, const Window& window, bool count_padding);
  ValueId global_average_pool(ValueId input);
  ValueId lookup(ValueId input);
  ValueId parametric_relu(ValueId input);
  /// Inputs for which `copied` says so have the output's scale.
  ValueId concat(const std::vector<ValueId>& inputs, const std::vector<bool>& copied);
  ValueId pad(ValueId input, std::int64_t top, std::int64_t left, std::int64_t bottom, std::int64_t right);
  ValueId resize(ValueId input, std::vector<std::int64_t> rows, std::vector<std::int64_t> columns);
  ValueId reshape(ValueId input, std::vector<std::int64_t> dimensions);
  ValueId softmax(ValueId input);
  void output(ValueId value) { network_.graph.outputs.push_back(value); }

  [[nodiscard]] const Shape& shape(ValueId value) const { return network_.graph.value(value).shape; }
  support::RandomSource& random() { return random_; }

  /// The network; verified.
  QuantizedGraph take();

 private:
  ValueId add_node(Operator op, QuantizedOperator quantized, std::vector<ValueId> inputs, Shape shape,
                   std::vector<std::int64_t> dimensions = {});
  QuantParams random_params();
  QuantParams& params(ValueId value) { return network_.values.at(static_cast<std::size_t>(value)); }
  OutputRange random_range(std::int32_t zero_point);
  /// (M, n) with M · 2^-n near `scale`, M below 2^`bits`.
  static Rescale rescale_near(double scale, int bits = 31);

  support::RandomSource random_;
  QuantizedGraph network_;
};

/// A window of equal height and width.
Window square_window(std::int64_t kernel, std::int64_t stride, std::int64_t pad, std::int64_t dilation = 1);

}  // namespace evenshift::compiler

#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "arch/numerics/quantization.h"

/// A trained network between import and quantization: float values of batch 1, nodes in topological order.
namespace evenshift::compiler {

/// Channels, height, width of a value; the batch is 1. A vector of K numbers is (K, 1, 1), a sequence is (C, 1, L).
struct Shape {
  std::int64_t channels = 1;
  std::int64_t height = 1;
  std::int64_t width = 1;

  [[nodiscard]] std::int64_t elements() const { return channels * height * width; }
  friend bool operator==(const Shape&, const Shape&) = default;
};

/// "64 x 56 x 56".
std::string to_string(const Shape& shape);

using ValueId = std::int64_t;

struct Value {
  std::string name;
  Shape shape;
  std::vector<std::int64_t> dimensions;  ///< as the model has them, batch 1 included: {1, 64, 56, 56} or {1, 1000}
  /// Of a network that is already quantized: the parameters that its codes have to have.
  std::optional<QuantParams> quant;
};

/// A window that slides over height and width. Output rows: (height + pads - dilation · (kernel - 1) - 1) / stride + 1,
/// rounded down: import has turned ceil modes and auto_pad into explicit pads (of which a ceil mode's may be partly
/// outside of what the model wrote).
struct Window {
  std::int64_t kernel_height = 1, kernel_width = 1;
  std::int64_t stride_height = 1, stride_width = 1;
  std::int64_t dilation_height = 1, dilation_width = 1;
  std::int64_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  friend bool operator==(const Window&, const Window&) = default;
};

/// Height and width of what `window` makes of `input`; channels are kept.
Shape window_output(const Shape& input, const Window& window);

/// A fused activation: min(max(x, low), high).
struct Clamp {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();

  [[nodiscard]] bool is_identity() const {
    return low == -std::numeric_limits<double>::infinity() && high == std::numeric_limits<double>::infinity();
  }
  friend bool operator==(const Clamp&, const Clamp&) = default;
};

/// The integers of a conv that is already quantized. Weight r of channel c is scales[c] · weights[c][r].
struct ConvCodes {
  std::vector<std::int8_t> weights;  ///< as Conv::weights
  std::vector<double> scales;        ///< S_w,c, one an output channel, > 0
  /// bias[c] · bias_scales[c] is the bias; empty where it is given in real numbers alone. No zero-point term.
  std::vector<std::int32_t> bias;
  std::vector<double> bias_scales;
  /// S_x · S_w,c is rounded to float, as TFLite does in fully connected layers with one scale.
  bool has_float_product = false;

  /// S_x · S_w,c.
  [[nodiscard]] double product(double input_scale, std::size_t channel) const {
    const double exact = input_scale * scales[channel];
    return has_float_product ? static_cast<double>(static_cast<float>(exact)) : exact;
  }
  /// The fewest bits, 2 to 8, that hold all weights.
  [[nodiscard]] int weight_bits() const;
};

/// Regular, grouped, depthwise and dense layers (dense: 1 × 1 on (K, 1, 1)). weights are
/// [output_channels][input channels / groups][kernel_height][kernel_width]; padding is with 0.
struct Conv {
  Window window;
  std::int64_t groups = 1;
  std::int64_t output_channels = 1;
  std::vector<float> weights;
  std::vector<float> bias;  ///< output_channels
  Clamp clamp;
  std::optional<ConvCodes> codes = {};  ///< weights and bias are their real values where there are codes
};

/// out = scale[c] · in + offset[c]: batch normalization, and arithmetic with constants.
struct Affine {
  std::vector<float> scale;
  std::vector<float> offset;
};

/// out = a + b, or a - b; b may be (C, 1, 1), then it is added to every pixel.
struct Add {
  bool subtract = false;
  Clamp clamp;
};

/// out = a · b; b may be (C, 1, 1).
struct Multiply {
  Clamp clamp;
};

struct MaxPool {
  Window window;  ///< padding never wins
};

struct AveragePool {
  Window window;               ///< no dilation
  bool count_padding = false;  ///< divide by the whole window, not by the taps inside
  Clamp clamp;
};

/// A function of one value at a time.
enum class Function : std::uint8_t {
  clamp,
  leaky_relu,
  hard_swish,
  hard_sigmoid,
  sigmoid,
  tanh,
  silu,
  elu,
  gelu,
  softplus,
  exp,
  sqrt,
  abs,
  negate
};
struct Activation {
  Function function = Function::clamp;
  double alpha = 0;  ///< leaky_relu, elu: slope; hard_sigmoid: alpha; clamp: low
  double beta = 0;   ///< hard_sigmoid: beta; clamp: high
};
std::string_view to_string(Function function);

/// The function's value at x, in double precision.
double evaluate(const Activation& activation, double x);

/// out = in >= 0 ? in : slope[c] · in.
struct ParametricRelu {
  std::vector<float> slope;  ///< one a channel
};

/// Channels of all inputs, one after the other.
struct Concat {};

struct Pad {
  std::int64_t top = 0, left = 0, bottom = 0, right = 0;
  double value = 0;
};

/// out[c][y][x] = in[c][rows[y]][columns[x]]: nearest resize, spatial slices.
struct Resize {
  std::vector<std::int64_t> rows;
  std::vector<std::int64_t> columns;
};

/// The same numbers in (c, y, x) order, read as another shape. After the passes only at graph outputs.
struct Reshape {};

/// Over the channels. Only at graph outputs: the host computes it.
struct Softmax {};

/// Rounds to the codes of `params`, as real numbers. The passes keep it between the nodes around it, so that nothing
/// is folded across; when they are done, it has become Value::quant.
struct Quantize {
  QuantParams params;
};

using Operator = std::variant<Conv, Affine, Add, Multiply, MaxPool, AveragePool, Activation, ParametricRelu, Concat,
                              Pad, Resize, Reshape, Softmax, Quantize>;

/// "conv", "depthwise_conv" (one input channel a group), "add", "max_pool", …
std::string_view kind_of(const Operator& op);

/// max_pool, resize, pad, reshape: every code of the output is one of the input (or the padding's), so that input and
/// output share their quantization parameters.
bool copies_codes(const Operator& op);

struct Node {
  std::string name;  ///< as in the model, made unique
  Operator op;
  std::vector<ValueId> inputs;
  ValueId output = -1;
};

struct Graph {
  std::string name;
  std::vector<Value> values;
  std::vector<Node> nodes;  ///< every input of a node is a graph input or the output of an earlier node
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;

  [[nodiscard]] const Value& value(ValueId id) const { return values.at(static_cast<std::size_t>(id)); }
  Value& value(ValueId id) { return values.at(static_cast<std::size_t>(id)); }
  ValueId add_value(std::string value_name, Shape shape, std::vector<std::int64_t> dimensions = {});
  /// Index of the node that makes a value, -1 for a graph input.
  [[nodiscard]] std::int64_t producer(ValueId id) const;
  /// Indices of the nodes that read a value; a node that reads it twice appears twice.
  [[nodiscard]] std::vector<std::int64_t> consumers(ValueId id) const;
  [[nodiscard]] bool is_output(ValueId id) const;
};

/// Multiply-accumulates of a node: of a conv all taps of all outputs, 0 for others.
std::int64_t macs_of(const Graph& graph, const Node& node);

/// Throws InternalError naming the node unless the graph is well formed: order, single producers, shapes that follow
/// from the operators, sizes of weights. Run before and after every pass.
void verify(const Graph& graph, std::string_view after);

}  // namespace evenshift::compiler

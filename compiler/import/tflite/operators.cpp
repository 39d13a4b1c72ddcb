#include "compiler/import/tflite/operators.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace evenshift::compiler::tflite {

const std::vector<OperatorEntry>& known_operators() {
  using enum Constraint;
  static const std::vector<OperatorEntry> kOperators = {
      {0, "ADD", "as Add", {fused_activation, constant_operand, broadcast}, translate_pair},
      {1, "AVERAGE_POOL_2D", "average pooling", {fused_activation}, translate_average_pool},
      {2, "CONCATENATION", "concatenation of channels", {fused_activation, concat_channels}, translate_concatenation},
      {3, "CONV_2D", "a conv", {fused_activation, constant_weights, weight_codes, weight_channels}, translate_conv},
      {4,
       "DEPTHWISE_CONV_2D",
       "a depthwise conv",
       {fused_activation, constant_weights, weight_codes, weight_channels},
       translate_depthwise_conv},
      {6, "DEQUANTIZE", "nothing", {}, translate_identity},
      {111, "ELU", "a table", {}, translate_function},
      {70, "EXPAND_DIMS", "nothing", {}, translate_reshape},
      {9,
       "FULLY_CONNECTED",
       "a dense layer",
       {fused_activation, constant_weights, gemm_batch, weight_codes, weight_channels},
       translate_fully_connected},
      {117, "HARD_SWISH", "a table", {}, translate_function},
      {98, "LEAKY_RELU", "a table", {}, translate_leaky_relu},
      {14, "LOGISTIC", "a table", {}, translate_function},
      {17, "MAX_POOL_2D", "max pooling", {fused_activation}, translate_max_pool},
      {40, "MEAN", "average pooling", {constant_axes, reduce_space}, translate_mean},
      {18, "MUL", "as Mul", {fused_activation, constant_operand, broadcast}, translate_pair},
      {34, "PAD", "as Pad", {pad_constant, pad_space}, translate_pad},
      {60, "PADV2", "as Pad", {pad_constant, pad_space}, translate_pad},
      {54, "PRELU", "a parametric ReLU", {constant_operand}, translate_parametric_relu},
      {114, "QUANTIZE", "the scale and zero point of its output", {}, translate_identity},
      {19, "RELU", "the clamp of the node before it, or a table", {}, translate_clamp},
      {21, "RELU6", "the clamp of the node before it, or a table", {}, translate_clamp},
      {20, "RELU_N1_TO_1", "the clamp of the node before it, or a table", {}, translate_clamp},
      {22, "RESHAPE", "nothing; before a dense layer, its order of weights", {}, translate_reshape},
      {97, "RESIZE_NEAREST_NEIGHBOR", "a copy of rows and columns", {resize_constant}, translate_resize},
      {65, "SLICE", "as Slice", {slice_constant, slice_space}, translate_slice},
      {25, "SOFTMAX", "a softmax on the host", {softmax_beta, softmax_channels}, translate_softmax},
      {49, "SPLIT", "as Split", {slice_constant, slice_space}, translate_split},
      {43, "SQUEEZE", "nothing", {}, translate_reshape},
      {45, "STRIDED_SLICE", "as Slice", {slice_constant, strided_slice_masks, slice_space}, translate_strided_slice},
      {41, "SUB", "as Sub", {fused_activation, constant_operand, broadcast}, translate_pair},
      {28, "TANH", "a table", {}, translate_function},
      {39,
       "TRANSPOSE",
       "nothing: the nodes after it read their axes in another order",
       {constant_axes},
       translate_transpose},
  };
  return kOperators;
}

const OperatorEntry* find_operator(std::int64_t code) {
  const auto& operators = known_operators();
  const auto found = std::ranges::find(operators, code, &OperatorEntry::code);
  return found == operators.end() ? nullptr : &*found;
}

std::string operator_name(const TfliteOperator& op) {
  constexpr std::int64_t kCustom = 32;
  static const std::map<std::int64_t, std::string> kOthers = {
      {5, "DEPTH_TO_SPACE"},
      {8, "FLOOR"},
      {11, "L2_NORMALIZATION"},
      {12, "L2_POOL_2D"},
      {13, "LOCAL_RESPONSE_NORMALIZATION"},
      {15, "LSH_PROJECTION"},
      {16, "LSTM"},
      {23, "RESIZE_BILINEAR"},
      {24, "RNN"},
      {26, "SPACE_TO_DEPTH"},
      {27, "SVDF"},
      {36, "GATHER"},
      {37, "BATCH_TO_SPACE_ND"},
      {38, "SPACE_TO_BATCH_ND"},
      {42, "DIV"},
      {44, "UNIDIRECTIONAL_SEQUENCE_LSTM"},
      {47, "EXP"},
      {48, "TOPK_V2"},
      {50, "LOG_SOFTMAX"},
      {53, "CAST"},
      {55, "MAXIMUM"},
      {56, "ARG_MAX"},
      {57, "MINIMUM"},
      {67, "TRANSPOSE_CONV"},
      {74, "SUM"},
      {75, "SQRT"},
      {76, "RSQRT"},
      {77, "SHAPE"},
      {78, "POW"},
      {82, "REDUCE_MAX"},
      {83, "PACK"},
      {88, "UNPACK"},
      {92, "SQUARE"},
      {99, "SQUARED_DIFFERENCE"},
      {100, "MIRROR_PAD"},
      {101, "ABS"},
      {102, "SPLIT_V"},
      {126, "BATCH_MATMUL"},
      {150, "GELU"},
  };
  if (const OperatorEntry* entry = find_operator(op.code)) return std::string(entry->name);
  if (op.code == kCustom) return fmt::format("custom operator '{}'", importer::printable(op.custom_code));
  const auto found = kOthers.find(op.code);
  return found != kOthers.end() ? found->second : fmt::format("builtin operator {}", op.code);
}

}  // namespace evenshift::compiler::tflite

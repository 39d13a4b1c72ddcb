#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/import/tflite/translation.h"

namespace evenshift::compiler::tflite {

/// A TFLite operator that is known: its row of docs/operators.md, and its translation.
struct OperatorEntry {
  std::int64_t code = 0;  ///< BuiltinOperator of the schema
  std::string_view name;
  std::string_view becomes;
  std::vector<Constraint> constraints;
  void (*translate)(Translation&) = nullptr;
};

/// Alphabetical.
const std::vector<OperatorEntry>& known_operators();
const OperatorEntry* find_operator(std::int64_t code);

/// "CONV_2D", or what an operator that is not known is called in a message.
std::string operator_name(const TfliteOperator& op);

void translate_conv(Translation& t);
void translate_depthwise_conv(Translation& t);
void translate_fully_connected(Translation& t);
void translate_average_pool(Translation& t);
void translate_max_pool(Translation& t);
void translate_mean(Translation& t);

void translate_pair(Translation& t);
void translate_concatenation(Translation& t);
void translate_function(Translation& t);
void translate_clamp(Translation& t);
void translate_leaky_relu(Translation& t);
void translate_parametric_relu(Translation& t);
void translate_softmax(Translation& t);
void translate_identity(Translation& t);

void translate_pad(Translation& t);
void translate_reshape(Translation& t);
void translate_transpose(Translation& t);
void translate_resize(Translation& t);
void translate_strided_slice(Translation& t);
void translate_slice(Translation& t);
void translate_split(Translation& t);

}  // namespace evenshift::compiler::tflite

#pragma once

#include <string_view>
#include <vector>

#include "compiler/import/node_import.h"

namespace evenshift::compiler::importer {

/// An ONNX operator that is known: its row of docs/operators.md, and its import.
struct OperatorEntry {
  std::string_view op_type;
  std::string_view becomes;  ///< sentence for the documentation
  std::vector<Constraint> constraints;
  void (*import)(NodeImport&) = nullptr;
};

/// Alphabetical.
const std::vector<OperatorEntry>& known_operators();
const OperatorEntry* find_operator(std::string_view op_type);

void import_conv(NodeImport& node);
void import_max_pool(NodeImport& node);
void import_average_pool(NodeImport& node);
void import_global_average_pool(NodeImport& node);
void import_global_max_pool(NodeImport& node);
void import_reduce_mean(NodeImport& node);
void import_reduce_sum(NodeImport& node);
void import_reduce_max(NodeImport& node);

void import_activation(NodeImport& node);
void import_clip(NodeImport& node);
void import_parametric_relu(NodeImport& node);
void import_batch_normalization(NodeImport& node);
void import_add(NodeImport& node);
void import_subtract(NodeImport& node);
void import_multiply(NodeImport& node);
void import_divide(NodeImport& node);
void import_minimum(NodeImport& node);
void import_maximum(NodeImport& node);
void import_sum(NodeImport& node);

/// Add, Sub, Mul of two computed tensors: of equal shape, or one of them with one number a channel.
enum class PairOperator : std::uint8_t { add, subtract, multiply };
void import_pair(NodeImport& node, PairOperator pair);

void import_gemm(NodeImport& node);
void import_matmul(NodeImport& node);

void import_identity(NodeImport& node);
void import_dropout(NodeImport& node);
void import_cast(NodeImport& node);
void import_flatten(NodeImport& node);
void import_reshape(NodeImport& node);
void import_squeeze(NodeImport& node);
void import_unsqueeze(NodeImport& node);
void import_transpose(NodeImport& node);
void import_softmax(NodeImport& node);
void import_concat(NodeImport& node);
void import_pad(NodeImport& node);
void import_slice(NodeImport& node);
void import_split(NodeImport& node);
void import_resize(NodeImport& node);
void import_upsample(NodeImport& node);
void import_shape(NodeImport& node);
void import_quantize(NodeImport& node);
void import_dequantize(NodeImport& node);
/// Operators that only constant folding computes.
void import_constant_only(NodeImport& node);

/// Computes a node all of whose inputs are constants. False where the operator is not one that is folded.
bool fold_constants(NodeImport& node);

}  // namespace evenshift::compiler::importer

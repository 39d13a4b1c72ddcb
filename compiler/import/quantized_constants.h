#pragma once

#include <optional>

#include "compiler/import/node_import.h"

/// Weights and biases that a network has as integers.
namespace evenshift::compiler::importer {

/// Of Gemm, set by the import of TFLite: see ConvCodes::has_float_product.
inline constexpr const char* kFloatProductAttribute = "evenshift.float_product";

/// Parameters of a computed tensor from the inputs 1 and 2 of QuantizeLinear and DequantizeLinear. Codes of uint8
/// become signed: 128 is taken off the zero point.
QuantParams tensor_params(const NodeImport& node);

/// Codes of weights whose first axis is the output channels; nothing where the weights are not dequantized codes.
std::optional<ConvCodes> weight_codes(const NodeImport& node, const TensorData& weights, std::int64_t channels);

/// The codes of a bias of one number a channel, where it has any.
void take_bias(ConvCodes& codes, const TensorData& bias);

/// Multiplies a constant; of one with codes the steps, where the factor is positive, else it loses its codes.
void scale(TensorData& data, double factor);

}  // namespace evenshift::compiler::importer

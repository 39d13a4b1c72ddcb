#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace evenshift::compiler::importer {

/// What a node may break. The sentence is what the user reads, and what docs/operators.md says of the operator.
enum class Constraint : std::uint8_t {
  computed_input,
  first_output,
  image_rank,
  layout,
  constant_weights,
  constant_operand,
  constant_shape,
  constant_axes,
  matrix_rank,
  gemm_transposed,
  gemm_batch,
  matmul_layout,
  broadcast,
  pair_layout,
  sum_inputs,
  divide_constant,
  limit_constant,
  clip_constant,
  gelu_exact,
  inference_only,
  batch_norm_spatial,
  average_pool_dilation,
  reduce_space,
  concat_channels,
  cast_float,
  softmax_channels,
  pad_constant,
  pad_mode,
  pad_space,
  slice_constant,
  slice_space,
  resize_constant,
  resize_nearest,
  resize_crop,
  resize_stretch,
  resize_space,
  upsample_opset,
  only_constants,
  quantize_constant,
  quantize_type,
  quantize_tensor,
  dequantize_same,
  weight_codes,
  weight_channels,
  fused_activation,
  integer_type,
  softmax_beta,
  strided_slice_masks,
  output_layout,
  count_,
};

/// One sentence without its full stop.
std::string_view sentence(Constraint constraint);

}  // namespace evenshift::compiler::importer

namespace evenshift::compiler {

/// docs/operators.md: every operator that can be imported, what it becomes and what limits it.
std::string operators_markdown();

}  // namespace evenshift::compiler

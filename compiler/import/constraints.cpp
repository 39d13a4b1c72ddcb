#include "compiler/import/constraints.h"

#include <iterator>

namespace evenshift::compiler::importer {
namespace {

struct Row {
  Constraint constraint;
  std::string_view sentence;
};

constexpr Row kRows[] = {
    {Constraint::computed_input, "the input has to be computed from an input of the network; here it is a constant"},
    {Constraint::first_output, "only the first output is supported"},
    {Constraint::image_rank, "the input has to be one image or sequence: 1 x C x H x W, 1 x C x L or 1 x C"},
    {Constraint::layout,
     "the order of the input's axes cannot be absorbed; a Transpose or Reshape may change to and from channels last, "
     "reorder "
     "channels, or stand before a dense layer"},
    {Constraint::constant_weights, "weights and biases have to be constants"},
    {Constraint::constant_operand, "the constant has to be one number, or one number a channel"},
    {Constraint::constant_shape, "the shape has to be a constant, or follow from shapes that are"},
    {Constraint::constant_axes, "the axes have to be constants"},
    {Constraint::matrix_rank, "the weights have to be a matrix"},
    {Constraint::gemm_transposed, "transA is not supported"},
    {Constraint::gemm_batch, "the input has to be one row"},
    {Constraint::matmul_layout, "the last axis of the input has to be all channels, or everything"},
    {Constraint::broadcast, "two computed tensors have equal shapes, or one of them one number a channel"},
    {Constraint::pair_layout, "two computed tensors have to have their axes in the same order"},
    {Constraint::sum_inputs, "it has to have one or two inputs"},
    {Constraint::divide_constant, "the divisor has to be a constant"},
    {Constraint::limit_constant, "all inputs but one have to be constants of one number"},
    {Constraint::clip_constant, "the limits have to be constants"},
    {Constraint::gelu_exact, "only the exact form is supported, not an approximation"},
    {Constraint::inference_only, "only inference is supported, not the training mode"},
    {Constraint::batch_norm_spatial, "only spatial = 1 is supported: one scale a channel"},
    {Constraint::average_pool_dilation, "only dilations of 1 are supported"},
    {Constraint::reduce_space, "only rows, columns or both can be reduced"},
    {Constraint::concat_channels, "only channels can be concatenated"},
    {Constraint::cast_float, "a computed tensor can be cast only to a float type"},
    {Constraint::softmax_channels, "the axis has to be the channels"},
    {Constraint::pad_constant, "pads and value have to be constants"},
    {Constraint::pad_mode, "the mode has to be constant, edge, reflect or wrap"},
    {Constraint::pad_space, "only rows and columns can be padded"},
    {Constraint::slice_constant, "starts, ends, axes and steps have to be constants"},
    {Constraint::slice_space, "only rows, columns and up to 4096 channels can be sliced"},
    {Constraint::resize_constant, "scales and sizes have to be constants"},
    {Constraint::resize_nearest, "only nearest interpolation is supported, and any of a single row or column"},
    {Constraint::resize_crop, "tf_crop_and_resize is not supported"},
    {Constraint::resize_stretch, "keep_aspect_ratio_policy has to be stretch"},
    {Constraint::resize_space, "only rows and columns can be resized"},
    {Constraint::upsample_opset, "it ends with opset 9, where Resize takes its place"},
    {Constraint::only_constants, "it is computed only where all of its inputs are constants, or shapes that are"},
    {Constraint::quantize_constant, "scale and zero point have to be constants"},
    {Constraint::quantize_type, "computed tensors have to be quantized to int8 or uint8"},
    {Constraint::quantize_tensor, "computed tensors have to have one scale and one zero point"},
    {Constraint::dequantize_same, "it has to have the scale and zero point that its input was quantized with"},
    {Constraint::weight_codes, "quantized weights less their zero point have to be from -128 to 127"},
    {Constraint::weight_channels, "quantized weights have to have one scale, or one an output channel"},
    {Constraint::fused_activation, "the fused activation has to be none, RELU, RELU6 or RELU_N1_TO_1"},
    {Constraint::integer_type, "computed tensors have to be float32, int8 or uint8, the latter two with a scale"},
    {Constraint::softmax_beta, "beta has to be 1"},
    {Constraint::strided_slice_masks, "ellipsis_mask, new_axis_mask and shrink_axis_mask have to be 0"},
    {Constraint::output_layout, "an output has to have its axes in the order of channels first or channels last"},
};

constexpr bool is_complete() {
  if (std::size(kRows) != static_cast<std::size_t>(Constraint::count_)) return false;
  for (std::size_t i = 0; i < std::size(kRows); ++i)
    if (kRows[i].constraint != static_cast<Constraint>(i)) return false;
  return true;
}
static_assert(is_complete(), "one row for each constraint, in order");

}  // namespace

std::string_view sentence(Constraint constraint) { return kRows[static_cast<std::size_t>(constraint)].sentence; }

}  // namespace evenshift::compiler::importer

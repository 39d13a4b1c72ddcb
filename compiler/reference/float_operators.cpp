#include <algorithm>

#include "compiler/reference/float_builder.h"
#include "compiler/reference/host_operators.h"
#include "compiler/reference/portable_conv.h"

namespace evenshift::compiler {
namespace {

using dnnl::algorithm;
using dnnl::memory;
using dnnl::prop_kind;

/// One elementwise function of oneDNN.
struct Eltwise {
  algorithm function;
  float alpha = 0;
  float beta = 0;
};

std::vector<Eltwise> eltwise_of(const Clamp& clamp) {
  if (clamp.is_identity()) return {};
  if (clamp.low == 0 && clamp.high == std::numeric_limits<double>::infinity()) return {{algorithm::eltwise_relu}};
  return {{algorithm::eltwise_clip, static_cast<float>(clamp.low), static_cast<float>(clamp.high)}};
}

/// Functions that, one after the other, are the activation.
std::vector<Eltwise> eltwise_of(const Activation& activation) {
  const auto alpha = static_cast<float>(activation.alpha);
  const auto beta = static_cast<float>(activation.beta);
  switch (activation.function) {
    case Function::clamp:
      return {{algorithm::eltwise_clip, alpha, beta}};
    case Function::leaky_relu:
      return {{algorithm::eltwise_relu, alpha}};
    case Function::hard_swish:
      return {{algorithm::eltwise_hardswish}};
    case Function::hard_sigmoid:
      return {{algorithm::eltwise_linear, alpha, beta}, {algorithm::eltwise_clip, 0, 1}};
    case Function::sigmoid:
      return {{algorithm::eltwise_logistic}};
    case Function::tanh:
      return {{algorithm::eltwise_tanh}};
    case Function::silu:
      return {{algorithm::eltwise_swish, 1}};
    case Function::elu:
      return {{algorithm::eltwise_elu, alpha}};
    case Function::gelu:
      return {{algorithm::eltwise_gelu_erf}};
    case Function::softplus:
      return {{algorithm::eltwise_soft_relu}};
    case Function::exp:
      return {{algorithm::eltwise_exp}};
    case Function::sqrt:
      return {{algorithm::eltwise_relu}, {algorithm::eltwise_sqrt}};
    case Function::abs:
      return {{algorithm::eltwise_abs}};
    case Function::negate:
      return {{algorithm::eltwise_linear, -1, 0}};
  }
  return {};
}

dnnl::post_ops post_ops_of(const Clamp& clamp) {
  dnnl::post_ops post_ops;
  for (const Eltwise& eltwise : eltwise_of(clamp))
    post_ops.append_eltwise(1, eltwise.function, eltwise.alpha, eltwise.beta);
  return post_ops;
}

dnnl::eltwise_forward::primitive_desc describe(const FloatBuilder& builder, const Eltwise& eltwise,
                                               const memory::desc& layout) {
  return {{prop_kind::forward_inference, eltwise.function, layout, eltwise.alpha, eltwise.beta},
          FloatBuilder::attributes(),
          builder.engine()};
}

/// Functions from slot `from` to slot `to`, both of `layout`; from the second on in place.
void add_eltwise(FloatBuilder& builder, const std::vector<Eltwise>& functions, const memory::desc& layout, int from,
                 int to) {
  for (const Eltwise& eltwise : functions) {
    builder.primitive<dnnl::eltwise_forward>(describe(builder, eltwise, layout),
                                             {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}});
    from = to;
  }
}

bool is_generated(const dnnl::primitive_desc& descriptor) {
  return std::string_view(descriptor.impl_info_str()).substr(0, 3) == "jit";
}

/// out[c][y][x] = function of the whole input, both plain.
void add_plain(FloatBuilder& builder, const Node& node, HostFunction function) {
  const int from = builder.input(node.inputs[0], plain_layout(builder.shape(node.inputs[0])));
  builder.host(std::move(function), from, builder.output(node.output, plain_layout(builder.shape(node.output))));
}

void add(FloatBuilder& builder, const Node& node, const Conv& conv) {
  const Shape& in = builder.shape(node.inputs[0]);
  const Shape& out = builder.shape(node.output);
  const Window& w = conv.window;
  memory::dims weight_dimensions = {conv.output_channels, in.channels, w.kernel_height, w.kernel_width};
  if (conv.groups > 1)
    weight_dimensions = {conv.groups, conv.output_channels / conv.groups, in.channels / conv.groups, w.kernel_height,
                         w.kernel_width};
  constexpr auto kAny = memory::format_tag::any;
  constexpr auto kFloat = memory::data_type::f32;
  const memory::desc source = FloatBuilder::channel_block(in, builder.layout(node.inputs[0])) == 1 && in.channels <= 4
                                  ? builder.layout(node.inputs[0])
                                  : memory::desc(dimensions_of(in), kFloat, kAny);
  const dnnl::convolution_forward::primitive_desc descriptor({prop_kind::forward_inference,
                                                              algorithm::convolution_direct,
                                                              source,
                                                              {weight_dimensions, kFloat, kAny},
                                                              {{conv.output_channels}, kFloat, memory::format_tag::x},
                                                              {dimensions_of(out), kFloat, kAny},
                                                              {w.stride_height, w.stride_width},
                                                              {w.dilation_height - 1, w.dilation_width - 1},
                                                              {w.pad_top, w.pad_left},
                                                              {w.pad_bottom, w.pad_right}},
                                                             FloatBuilder::attributes(post_ops_of(conv.clamp)),
                                                             builder.engine());
  if (dnnl::get_effective_cpu_isa() == dnnl::cpu_isa::sse41 && !is_generated(descriptor)) {
    add_plain(builder, node, PortableConv(conv, in));
    return;
  }
  const int from = builder.input(node.inputs[0], descriptor.src_desc());
  const int weights = builder.constant(conv.weights, weight_dimensions, descriptor.weights_desc());
  const int bias = builder.constant(conv.bias, {conv.output_channels}, descriptor.bias_desc());
  const int to = builder.output(node.output, descriptor.dst_desc());
  builder.primitive<dnnl::convolution_forward>(
      descriptor, {{DNNL_ARG_SRC, from}, {DNNL_ARG_WEIGHTS, weights}, {DNNL_ARG_BIAS, bias}, {DNNL_ARG_DST, to}});
}

void add(FloatBuilder& builder, const Node& node, const Affine& affine) {
  const ValueId input = node.inputs[0];
  const memory::desc layout = builder.layout(input);
  const memory::desc channels = FloatBuilder::channel_layout(builder.shape(input), layout);
  const memory::dims dimensions = {1, builder.shape(input).channels, 1, 1};
  dnnl::post_ops offset;
  offset.append_binary(algorithm::binary_add, channels);
  const dnnl::binary::primitive_desc descriptor({algorithm::binary_mul, layout, channels, layout},
                                                FloatBuilder::attributes(offset), builder.engine());
  builder.primitive<dnnl::binary>(descriptor, {{DNNL_ARG_SRC_0, builder.input(input)},
                                               {DNNL_ARG_SRC_1, builder.constant(affine.scale, dimensions, channels)},
                                               {DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1,
                                                builder.constant(affine.offset, dimensions, channels)},
                                               {DNNL_ARG_DST, builder.output(node.output, layout)}});
}

void add_binary(FloatBuilder& builder, const Node& node, algorithm function, const Clamp& clamp) {
  const memory::desc layout = builder.layout(node.inputs[0]);
  const Shape& shape = builder.shape(node.inputs[0]);
  const memory::desc layout_b =
      builder.shape(node.inputs[1]) == shape ? layout : FloatBuilder::channel_layout(shape, layout);
  const int b = builder.input(node.inputs[1], layout_b);
  const dnnl::binary::primitive_desc descriptor({function, layout, layout_b, layout},
                                                FloatBuilder::attributes(post_ops_of(clamp)), builder.engine());
  builder.primitive<dnnl::binary>(descriptor, {{DNNL_ARG_SRC_0, builder.input(node.inputs[0])},
                                               {DNNL_ARG_SRC_1, b},
                                               {DNNL_ARG_DST, builder.output(node.output, layout)}});
}

void add(FloatBuilder& builder, const Node& node, const Add& op) {
  add_binary(builder, node, op.subtract ? algorithm::binary_sub : algorithm::binary_add, op.clamp);
}

void add(FloatBuilder& builder, const Node& node, const Multiply& op) {
  add_binary(builder, node, algorithm::binary_mul, op.clamp);
}

/// Pooling by oneDNN in the input's layout, `clamp` included.
void add_pooling(FloatBuilder& builder, const Node& node, const Window& w, algorithm function, const Clamp& clamp) {
  const memory::desc source = builder.layout(node.inputs[0]);
  const memory::desc any(dimensions_of(builder.shape(node.output)), memory::data_type::f32, memory::format_tag::any);
  const auto add_described = [&]<typename Pooling>(const typename Pooling::primitive_desc& descriptor) {
    const memory::desc layout = descriptor.dst_desc();
    const int to = builder.output(node.output, layout);
    builder.primitive<Pooling>(descriptor, {{DNNL_ARG_SRC, builder.input(node.inputs[0])}, {DNNL_ARG_DST, to}});
    add_eltwise(builder, eltwise_of(clamp), layout, to, to);
  };
  const memory::dims strides = {w.stride_height, w.stride_width};
  const memory::dims kernel = {w.kernel_height, w.kernel_width};
  const memory::dims before = {w.pad_top, w.pad_left};
  const memory::dims after = {w.pad_bottom, w.pad_right};
  if (w.dilation_height > 1 || w.dilation_width > 1)
    add_described.operator()<dnnl::pooling_v2_forward>({{prop_kind::forward_inference,
                                                         function,
                                                         source,
                                                         any,
                                                         strides,
                                                         kernel,
                                                         {w.dilation_height - 1, w.dilation_width - 1},
                                                         before,
                                                         after},
                                                        FloatBuilder::attributes(),
                                                        builder.engine()});
  else
    add_described.operator()<dnnl::pooling_forward>(
        {{prop_kind::forward_inference, function, source, any, strides, kernel, before, after},
         FloatBuilder::attributes(),
         builder.engine()});
}

void add(FloatBuilder& builder, const Node& node, const MaxPool& op) {
  const Shape in = builder.shape(node.inputs[0]);
  const Shape out = builder.shape(node.output);
  if (is_usual_padding(in, op.window))
    add_pooling(builder, node, op.window, algorithm::pooling_max, {});
  else
    add_plain(builder, node, [=](const float* from, float* to) { max_pool(op, in, out, from, to); });
}

void add(FloatBuilder& builder, const Node& node, const AveragePool& op) {
  const Shape in = builder.shape(node.inputs[0]);
  const Shape out = builder.shape(node.output);
  const algorithm function =
      op.count_padding ? algorithm::pooling_avg_include_padding : algorithm::pooling_avg_exclude_padding;
  if (is_usual_padding(in, op.window))
    add_pooling(builder, node, op.window, function, op.clamp);
  else
    add_plain(builder, node, [=](const float* from, float* to) { average_pool(op, in, out, from, to); });
}

void add(FloatBuilder& builder, const Node& node, const Activation& op) {
  const std::vector<Eltwise> functions = eltwise_of(op);
  // In a blocked layout whose last block has channels to spare, oneDNN has only slow code for functions with f(0) != 0.
  memory::desc layout = builder.layout(node.inputs[0]);
  const auto generated = [&](const Eltwise& eltwise) { return is_generated(describe(builder, eltwise, layout)); };
  if (!std::ranges::all_of(functions, generated)) layout = plain_layout(builder.shape(node.inputs[0]));
  if (!std::ranges::all_of(functions, generated)) {
    const std::int64_t elements = builder.shape(node.output).elements();
    add_plain(builder, node, [op, elements](const float* from, float* to) {
      for (std::int64_t i = 0; i < elements; ++i) to[i] = static_cast<float>(evaluate(op, from[i]));
    });
    return;
  }
  const int from = builder.input(node.inputs[0], layout);
  add_eltwise(builder, functions, layout, from, builder.output(node.output, layout));
}

void add(FloatBuilder& builder, const Node& node, const ParametricRelu& op) {
  const Shape in = builder.shape(node.inputs[0]);
  add_plain(builder, node, [=](const float* from, float* to) { parametric_relu(op, in, from, to); });
}

void add(FloatBuilder& builder, const Node& node, const Concat&) {
  std::vector<memory::desc> sources;
  for (const ValueId input : node.inputs) sources.push_back(builder.layout(input));
  const memory::desc any(dimensions_of(builder.shape(node.output)), memory::data_type::f32, memory::format_tag::any);
  const dnnl::concat::primitive_desc descriptor(any, 1, sources, builder.engine(), FloatBuilder::attributes());
  std::vector<Step::Argument> arguments;
  for (std::size_t i = 0; i < node.inputs.size(); ++i)
    arguments.push_back({DNNL_ARG_MULTIPLE_SRC + static_cast<int>(i), builder.input(node.inputs[i])});
  arguments.push_back({DNNL_ARG_DST, builder.output(node.output, descriptor.dst_desc())});
  builder.primitive<dnnl::concat>(descriptor, std::move(arguments));
}

void add(FloatBuilder& builder, const Node& node, const Pad& op) {
  const Shape in = builder.shape(node.inputs[0]);
  add_plain(builder, node, [=](const float* from, float* to) { pad(op, in, from, to); });
}

void add(FloatBuilder& builder, const Node& node, const Resize& op) {
  const Shape in = builder.shape(node.inputs[0]);
  const std::int64_t block = FloatBuilder::channel_block(in, builder.layout(node.inputs[0]));
  if (block <= 1) {
    add_plain(builder, node, [=](const float* from, float* to) { resize(op, in, from, to); });
    return;
  }
  // A block of channels is one wide pixel; the channels to spare are copied with it.
  const memory::desc any(dimensions_of(builder.shape(node.output)), memory::data_type::f32,
                         block == 16  ? memory::format_tag::nChw16c
                         : block == 8 ? memory::format_tag::nChw8c
                                      : memory::format_tag::nChw4c);
  const Shape blocks{(in.channels + block - 1) / block, in.height, in.width};
  builder.host([=](const float* from, float* to) { resize(op, blocks, from, to, block); },
               builder.input(node.inputs[0]), builder.output(node.output, any));
}

void add(FloatBuilder& builder, const Node& node, const Reshape&) {
  const std::int64_t elements = builder.shape(node.output).elements();
  add_plain(builder, node, [elements](const float* from, float* to) { std::copy_n(from, elements, to); });
}

void add(FloatBuilder& builder, const Node& node, const Softmax&) {
  const Shape in = builder.shape(node.inputs[0]);
  add_plain(builder, node, [in](const float* from, float* to) { softmax(in, from, to); });
}

void add(FloatBuilder& builder, const Node& node, const Quantize& quantizer) {
  const std::int64_t elements = builder.shape(node.output).elements();
  add_plain(builder, node, [elements, params = quantizer.params](const float* from, float* to) {
    for (std::int64_t i = 0; i < elements; ++i)
      to[i] = static_cast<float>(dequantize(quantize(static_cast<double>(from[i]), params), params));
  });
}

}  // namespace

void add_steps(FloatBuilder& builder, const Node& node) {
  std::visit([&](const auto& op) { add(builder, node, op); }, node.op);
}

}  // namespace evenshift::compiler

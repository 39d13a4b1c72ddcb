#include <benchmark/benchmark.h>
#include <omp.h>

#include <dnnl.hpp>
#include <memory>
#include <unordered_map>

#include "bench/float_networks.h"
#include "compiler/calibrate/calibrate.h"
#include "compiler/quantize/quantize_graph.h"
#include "compiler/reference/float_evaluator.h"
#include "compiler/reference/integer_evaluator.h"

/// FloatEvaluator against the convolutions of the same network called one after the other, each in the layout that
/// oneDNN prefers and with nothing between them; the integer evaluator beside it. DNNL_MAX_CPU_ISA=SSE41 in the
/// environment measures the portable code.
namespace evenshift::compiler {
namespace {

using dnnl::memory;

FloatTensor image_for(const Graph& graph, std::uint32_t seed) {
  const Shape& shape = graph.value(graph.inputs[0]).shape;
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> distribution(-1, 1);
  FloatTensor image{shape, std::vector<float>(static_cast<std::size_t>(shape.elements()))};
  for (float& number : image.values) number = distribution(random);
  return image;
}

struct BareConv {
  dnnl::convolution_forward primitive;
  std::unordered_map<int, memory> arguments;
};

BareConv bare_conv(const dnnl::engine& engine, const Conv& op, const Shape& in, const Shape& out) {
  constexpr auto kAny = memory::format_tag::any;
  constexpr auto kFloat = memory::data_type::f32;
  const Window& w = op.window;
  const memory::dims weights = op.groups > 1
                                   ? memory::dims{op.groups, op.output_channels / op.groups, in.channels / op.groups,
                                                  w.kernel_height, w.kernel_width}
                                   : memory::dims{op.output_channels, in.channels, w.kernel_height, w.kernel_width};
  dnnl::primitive_attr attributes;
  dnnl::post_ops relu6;
  relu6.append_eltwise(1, dnnl::algorithm::eltwise_clip, 0, 6);
  attributes.set_post_ops(relu6);
  const dnnl::convolution_forward::primitive_desc descriptor(
      {dnnl::prop_kind::forward_inference,
       dnnl::algorithm::convolution_direct,
       {{1, in.channels, in.height, in.width}, kFloat, in.channels == 3 ? memory::format_tag::nchw : kAny},
       {weights, kFloat, kAny},
       {{op.output_channels}, kFloat, kAny},
       {{1, out.channels, out.height, out.width}, kFloat, kAny},
       {w.stride_height, w.stride_width},
       {w.pad_top, w.pad_left},
       {w.pad_bottom, w.pad_right}},
      attributes, engine);
  const auto filled = [&](const memory::desc& layout) {
    memory made(layout, engine);
    std::fill_n(static_cast<float*>(made.get_data_handle()), layout.get_size() / sizeof(float), 0.1F);
    return made;
  };
  return {dnnl::convolution_forward(descriptor),
          {{DNNL_ARG_SRC, filled(descriptor.src_desc())},
           {DNNL_ARG_WEIGHTS, filled(descriptor.weights_desc())},
           {DNNL_ARG_BIAS, filled(descriptor.bias_desc())},
           {DNNL_ARG_DST, filled(descriptor.dst_desc())}}};
}

void bare_convs(benchmark::State& state, const Graph& graph) {
  omp_set_num_threads(1);
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  std::vector<BareConv> convs;
  for (const Node& node : graph.nodes)
    if (const auto* conv = std::get_if<Conv>(&node.op))
      convs.push_back(bare_conv(engine, *conv, graph.value(node.inputs[0]).shape, graph.value(node.output).shape));
  for (auto _ : state)
    for (BareConv& conv : convs) conv.primitive.execute(stream, conv.arguments);
}

void evaluate(benchmark::State& state, const Graph& graph, bool observed) {
  FloatEvaluator evaluator(std::make_shared<Graph>(graph));
  const std::vector<FloatTensor> inputs = {image_for(graph, 1)};
  FloatEvaluator::Observer observer;
  if (observed) observer = [](ValueId, std::span<const float> values) { benchmark::DoNotOptimize(values.data()); };
  for (auto _ : state) benchmark::DoNotOptimize(evaluator.run(inputs, observer));
}

void prepare(benchmark::State& state, const Graph& graph) {
  const auto shared = std::make_shared<const Graph>(graph);
  for (auto _ : state) benchmark::DoNotOptimize(prepare_float_network(shared));
}

void calibrate_64(benchmark::State& state, const Graph& graph, const std::string& method) {
  const CalibrationData data{64, [&](std::int64_t index) {
                               return std::vector<FloatTensor>{image_for(graph, static_cast<std::uint32_t>(index))};
                             }};
  CalibrationOptions options;
  options.method = method;
  for (auto _ : state) benchmark::DoNotOptimize(calibrate(graph, data, options));
}

void integer(benchmark::State& state, const Graph& graph) {
  CalibrationOptions one_thread;
  one_thread.threads = 1;
  const CalibrationData data{1, [&](std::int64_t) { return std::vector<FloatTensor>{image_for(graph, 1)}; }};
  const auto network = std::make_shared<QuantizedGraph>(
      quantize_graph(graph, calibrate(graph, data, one_thread), NpuConfig{}, CompileOptions{}).graph);
  const IntegerEvaluator evaluator(network);
  const std::vector<Codes> inputs = {quantize_tensor(image_for(graph, 1), network->values[0])};
  for (auto _ : state) benchmark::DoNotOptimize(evaluator.run(inputs));
}

int register_all() {
  static const std::vector<std::pair<std::string, Graph>> kGraphs = {{"mobilenet_v1_224", bench::mobilenet_v1()},
                                                                     {"mobilenet_v2_224", bench::mobilenet_v2()}};
  for (const auto& [name, graph] : kGraphs) {
    const auto add = [&](const std::string& what, auto&& function) {
      return benchmark::RegisterBenchmark((name + "/" + what).c_str(), function)->Unit(benchmark::kMillisecond);
    };
    add("bare_convs", [&graph = graph](benchmark::State& state) { bare_convs(state, graph); });
    add("evaluator", [&graph = graph](benchmark::State& state) { evaluate(state, graph, false); });
    add("evaluator_observed", [&graph = graph](benchmark::State& state) { evaluate(state, graph, true); });
    add("prepare", [&graph = graph](benchmark::State& state) { prepare(state, graph); });
    add("integer_evaluator", [&graph = graph](benchmark::State& state) { integer(state, graph); });
    for (const std::string method : {"min_max", "percentile", "mse"})
      add("calibrate_64_images/" + method,
          [&graph = graph, method](benchmark::State& state) { calibrate_64(state, graph, method); })
          ->Iterations(1)
          ->UseRealTime();
  }
  return 0;
}

const int kRegistered = register_all();

}  // namespace
}  // namespace evenshift::compiler

BENCHMARK_MAIN();

// The functional executor beside oneDNN's int8 convolutions, both on one thread: microseconds a layer and their ratio.
#include <benchmark/benchmark.h>
#include <malloc.h>
#include <omp.h>
#include <time.h>

#include <algorithm>
#include <oneapi/dnnl/dnnl.hpp>

#include "bench/functional_layers.h"
#include "sim/functional/functional_executor.h"
#include "tests/support/random_image.h"

namespace evenshift::bench {
namespace {

/// oneDNN convolutions one after the other: u8 activations, s8 weights, s32 bias, a scale a channel, u8 outputs; a
/// residual add is fused, as oneDNN's users do.
class DnnlLayers {
 public:
  explicit DnnlLayers(const std::vector<LayerSpec>& layers) : engine_(dnnl::engine::kind::cpu, 0), stream_(engine_) {
    for (const LayerSpec& spec : layers) add(spec);
  }
  void run() {
    for (auto& step : steps_) step.primitive.execute(stream_, step.arguments);
    stream_.wait();
  }

 private:
  struct Step {
    dnnl::convolution_forward primitive;
    std::unordered_map<int, dnnl::memory> arguments;
  };

  void add(const LayerSpec& spec) {
    using Type = dnnl::memory::data_type;
    using Tag = dnnl::memory::format_tag;
    const std::int64_t groups = spec.input_channels;
    const dnnl::memory::dims weight_dims =
        spec.depthwise ? dnnl::memory::dims{groups, 1, 1, spec.kernel, spec.kernel}
                       : dnnl::memory::dims{spec.output_channels, spec.input_channels, spec.kernel, spec.kernel};
    const dnnl::memory::desc source({1, spec.input_channels, spec.height, spec.width}, Type::u8, Tag::nhwc);
    const dnnl::memory::desc weights(weight_dims, Type::s8, Tag::any);
    const dnnl::memory::desc bias({spec.output_channels}, Type::s32, Tag::x);
    const dnnl::memory::desc target({1, spec.output_channels, spec.output_height(), spec.output_width()}, Type::u8,
                                    Tag::nhwc);
    const std::int64_t pad_after = (spec.output_height() - 1) * spec.stride + spec.kernel - spec.height - spec.pad();
    const dnnl::convolution_forward::desc description(
        dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, source, weights, bias, target,
        {spec.stride, spec.stride}, {spec.pad(), spec.pad()}, {pad_after, pad_after});
    dnnl::primitive_attr attributes;
    attributes.set_output_scales(1 << 1, std::vector<float>(static_cast<std::size_t>(spec.output_channels), 0.001F));
    if (spec.adds_input_of) {
      dnnl::post_ops operations;
      operations.append_sum(1.0F);
      attributes.set_post_ops(operations);
    }
    const dnnl::convolution_forward::primitive_desc choice(description, attributes, engine_);
    Step step{dnnl::convolution_forward(choice), {}};
    const auto filled = [&](const dnnl::memory::desc& desc) {
      dnnl::memory memory(desc, engine_);
      std::fill_n(static_cast<std::uint8_t*>(memory.get_data_handle()), desc.get_size(), std::uint8_t{1});
      return memory;
    };
    step.arguments = {{DNNL_ARG_SRC, filled(choice.src_desc())},
                      {DNNL_ARG_WEIGHTS, filled(choice.weights_desc())},
                      {DNNL_ARG_BIAS, filled(choice.bias_desc())},
                      {DNNL_ARG_DST, filled(choice.dst_desc())}};
    steps_.push_back(std::move(step));
  }

  dnnl::engine engine_;
  dnnl::stream stream_;
  std::vector<Step> steps_;
};

/// Processor time of this thread: what other programs take does not count.
double thread_microseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

/// Least microseconds of `body` over as many runs as take a fifth of a second, at least 20.
template <typename Body>
double least_microseconds(Body&& body) {
  double least = 1e30;
  const double begin = thread_microseconds();
  for (int i = 0; i < 20 || thread_microseconds() - begin < 2e5; ++i) {
    const double start = thread_microseconds();
    body();
    least = std::min(least, thread_microseconds() - start);
  }
  return least;
}

void compare(benchmark::State& state, const std::vector<LayerSpec>& layers) {
  omp_set_num_threads(1);
  DnnlLayers dnnl(layers);
  const double dnnl_microseconds = least_microseconds([&] { dnnl.run(); });
  const auto image = layers_image(layers);
  const auto inputs = support::random_inputs(image, 1);
  sim::FunctionalExecutor executor;
  executor.load(image);
  const double least = least_microseconds([&] { executor.run(inputs); });
  for (auto _ : state) executor.run(inputs);
  double macs = 0;
  for (const auto& spec : layers) macs += spec.macs();
  state.counters["least_us"] = least;
  state.counters["dnnl_us"] = dnnl_microseconds;
  state.counters["ratio"] = least / dnnl_microseconds;
  state.counters["gmac_per_s"] = macs / least / 1000;
}

void load(benchmark::State& state) {
  const auto image = layers_image(mobilenet_v2_layers());
  sim::FunctionalExecutor executor;
  for (auto _ : state) executor.load(image);
}

}  // namespace

void register_benchmarks() {
  const std::vector<LayerSpec> layers = {{"first_224x224x3_s2_32", 224, 224, 3, 32, 3, 2},
                                         {"pointwise_56x56x24_144", 56, 56, 24, 144},
                                         {"pointwise_28x28x192_32", 28, 28, 192, 32},
                                         {"pointwise_14x14x384_64", 14, 14, 384, 64},
                                         {"pointwise_7x7x960_320", 7, 7, 960, 320},
                                         {"depthwise_112x112x32", 112, 112, 32, 32, 3, 1, true},
                                         {"depthwise_56x56x144", 56, 56, 144, 144, 3, 1, true},
                                         {"depthwise_56x56x144_s2", 56, 56, 144, 144, 3, 2, true},
                                         {"depthwise_14x14x576", 14, 14, 576, 576, 3, 1, true},
                                         {"dense_1280_1001", 1, 1, 1280, 1001},
                                         {"conv3x3_28x28x128_128", 28, 28, 128, 128, 3, 1}};
  for (const LayerSpec& layer : layers)
    benchmark::RegisterBenchmark(layer.name.c_str(), [layer](benchmark::State& state) {
      compare(state, {layer});
    })->Unit(benchmark::kMicrosecond);
  benchmark::RegisterBenchmark("mobilenet_v2_224", [](benchmark::State& state) {
    compare(state, mobilenet_v2_layers());
  })->Unit(benchmark::kMicrosecond);
  benchmark::RegisterBenchmark("mobilenet_v2_224_load", load)->Unit(benchmark::kMillisecond);
}

}  // namespace evenshift::bench

int main(int argc, char** argv) {
  // Outputs of a single layer are large: their pages are not to be fetched from the kernel again for every run.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  evenshift::bench::register_benchmarks();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}

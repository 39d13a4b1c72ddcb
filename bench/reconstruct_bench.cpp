#include <benchmark/benchmark.h>
#include <dnnl.h>

#include <cstdint>
#include <vector>

#include "compiler/reference/matrix_product.h"

/// Matrix products of the training engine, in one thread, against oneDNN's sgemm, which may fuse and reorder sums.
namespace evenshift::compiler {
namespace {

struct Product {
  explicit Product(const benchmark::State& state)
      : channels(state.range(0)),
        inputs(state.range(1)),
        pixels(state.range(2)),
        weights(static_cast<std::size_t>(channels * inputs), 0.5F),
        values(static_cast<std::size_t>(inputs * pixels), 0.25F),
        outputs(static_cast<std::size_t>(channels * pixels)) {}

  void report(benchmark::State& state) const {
    state.counters["MAC/s"] = benchmark::Counter(static_cast<double>(channels * inputs * pixels),
                                                 benchmark::Counter::kIsIterationInvariantRate);
  }

  std::int64_t channels, inputs, pixels;
  std::vector<float> weights, values, outputs;
};

void forward(benchmark::State& state) {
  Product p(state);
  for ([[maybe_unused]] auto _ : state)
    multiply_add({p.channels, p.pixels, p.inputs}, {p.weights.data(), p.inputs, 1}, {p.values.data(), p.pixels, 1},
                 p.outputs.data(), p.pixels);
  p.report(state);
}

void forward_onednn(benchmark::State& state) {
  Product p(state);
  for ([[maybe_unused]] auto _ : state)
    dnnl_sgemm('N', 'N', p.channels, p.pixels, p.inputs, 1, p.weights.data(), p.inputs, p.values.data(), p.pixels, 1,
               p.outputs.data(), p.pixels);
  p.report(state);
}

void weight_gradient(benchmark::State& state) {
  Product p(state);
  for ([[maybe_unused]] auto _ : state)
    multiply_add({p.channels, p.inputs, p.pixels}, {p.outputs.data(), p.pixels, 1},
                 MatrixView{p.values.data(), p.pixels, 1}.transposed(), p.weights.data(), p.inputs);
  p.report(state);
}

void weight_gradient_onednn(benchmark::State& state) {
  Product p(state);
  for ([[maybe_unused]] auto _ : state)
    dnnl_sgemm('N', 'T', p.channels, p.inputs, p.pixels, 1, p.outputs.data(), p.pixels, p.values.data(), p.pixels, 1,
               p.weights.data(), p.inputs);
  p.report(state);
}

/// Channels, inputs and pixels of pointwise layers, 4 images.
void layers(benchmark::internal::Benchmark* bench) {
  bench->Args({96, 48, 784})->Args({384, 384, 256})->Args({768, 768, 196});
}
BENCHMARK(forward)->Apply(layers);
BENCHMARK(forward_onednn)->Apply(layers);
BENCHMARK(weight_gradient)->Apply(layers);
BENCHMARK(weight_gradient_onednn)->Apply(layers);

}  // namespace
}  // namespace evenshift::compiler

BENCHMARK_MAIN();

// Clock cycles per second of the Verilated 16 x 16 conv datapath: the bare model with its inputs standing still, and
// the whole RtlConvCore on layers of MobileNetV1-224, as a rate and as a ratio to the bare model of the same run.
#include <Vevenshift_conv_datapath_16x16.h>
#include <benchmark/benchmark.h>
#include <verilated.h>

#include <ctime>
#include <random>
#include <vector>

#include "rtl/cosim/rtl_conv_core.h"

namespace evenshift {
namespace {

double bare_cycles_per_second = 0;

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

void bare_model(benchmark::State& state) {
  VerilatedContext context;
  Vevenshift_conv_datapath_16x16 model(&context);
  model.rst_ni = 1;
  model.operands_valid_i = 1;
  model.accumulate_bank_i = 1;
  for (int i = 0; i < 4; ++i) {
    model.operands_i[i] = 0x01020304U * (i + 1);
    model.weights_i[i] = 0xf1020384U * (i + 1);
  }
  constexpr int kCycles = 10000;
  const auto cycle = [&] {
    model.clk_i = 1;
    model.eval();
    model.clk_i = 0;
    model.eval();
  };
  model.eval();
  for (int row = 0; row < 16; ++row) {
    model.weight_load_i = 1;
    model.weight_row_i = static_cast<std::uint8_t>(row);
    cycle();
  }
  model.weight_load_i = 0;
  model.weight_swap_i = 1;
  cycle();
  model.weight_swap_i = 0;
  const double begin = cpu_seconds();
  for (auto _ : state) {
    for (int i = 0; i < kCycles; ++i) {
      model.accumulate_entry_i = static_cast<std::uint16_t>(i % 512);
      cycle();
    }
  }
  const double cycles = static_cast<double>(state.iterations()) * kCycles;
  bare_cycles_per_second = cycles / (cpu_seconds() - begin);
  state.counters["cycles/s"] = benchmark::Counter(cycles, benchmark::Counter::kIsRate);
}
BENCHMARK(bare_model)->Unit(benchmark::kMillisecond);

/// A layer cut to one tile of `rows` output rows; `inputs` = 1 is depthwise.
isa::Conv layer(std::int64_t inputs, std::int64_t outputs, std::int64_t kernel, std::int64_t rows, std::int64_t width,
                std::int64_t stride = 1) {
  isa::Conv conv;
  const std::int64_t channels = inputs == 1 ? outputs : inputs;
  conv.inputs_per_group = inputs;
  conv.outputs_per_group = inputs == 1 ? 1 : outputs;
  conv.output_channels = conv.output_pixel_stride = outputs;
  conv.input_pixel_stride = channels;
  conv.kernel_height = conv.kernel_width = kernel;
  conv.stride_height = conv.stride_width = stride;
  conv.output_height = rows;
  conv.output_width = width;
  conv.input_width = width * stride;
  conv.input_height = rows * stride + kernel - 1;
  conv.pad_left = (kernel - 1) / 2;
  conv.input_row_stride = conv.input_width * channels;
  conv.output_row_stride = width * outputs;
  conv.multiplier = 0x5a82799a;
  conv.shift = 40;
  conv.output_address = conv.input_height * conv.input_row_stride;
  conv.bias_address = conv.output_address + rows * conv.output_row_stride;
  conv.scale_address = conv.bias_address + 4 * outputs;
  conv.weight_address = conv.scale_address + outputs;
  return conv;
}

/// All convolutions of MobileNetV1-224, each as one command, as if the scratchpad held its whole tensors.
std::vector<isa::Conv> mobilenet_v1() {
  std::vector<isa::Conv> layers = {layer(3, 32, 3, 112, 112, 2)};
  const auto separable = [&](std::int64_t inputs, std::int64_t outputs, std::int64_t size, std::int64_t stride) {
    layers.push_back(layer(1, inputs, 3, size, size, stride));
    layers.push_back(layer(inputs, outputs, 1, size, size));
  };
  separable(32, 64, 112, 1);
  separable(64, 128, 56, 2);
  separable(128, 128, 56, 1);
  separable(128, 256, 28, 2);
  separable(256, 256, 28, 1);
  separable(256, 512, 14, 2);
  for (int i = 0; i < 5; ++i) separable(512, 512, 14, 1);
  separable(512, 1024, 7, 2);
  separable(1024, 1024, 7, 1);
  layers.push_back(layer(1024, 1000, 1, 1, 1));
  return layers;
}

void conv_core(benchmark::State& state, const std::vector<isa::Conv>& layers) {
  const NpuConfig config;
  const auto core = rtl::make_rtl_conv_core();
  core->configure(config);
  std::mt19937 random(1);
  std::vector<std::uint8_t> scratchpad(1 << 23);
  for (auto& byte : scratchpad) byte = static_cast<std::uint8_t>(random() & 0x3f);
  datapath::ConvActivity total;
  const double begin = cpu_seconds();
  for (auto _ : state) {
    for (const isa::Conv& conv : layers) {
      const auto activity = core->execute(conv, scratchpad);
      total.cycles += activity.cycles;
      total.macs += activity.macs;
    }
  }
  const auto cycles = static_cast<double>(total.cycles);
  const double seconds = cpu_seconds() - begin;
  state.counters["cycles/s"] = benchmark::Counter(cycles, benchmark::Counter::kIsRate);
  state.counters["MACs/s"] = benchmark::Counter(static_cast<double>(total.macs), benchmark::Counter::kIsRate);
  state.counters["cycles"] = benchmark::Counter(cycles, benchmark::Counter::kAvgIterations);
  state.counters["of_bare"] = cycles / seconds / bare_cycles_per_second;
}

void register_layers() {
  const auto add = [](const char* name, const std::vector<isa::Conv>& layers) {
    benchmark::RegisterBenchmark(name, [layers](benchmark::State& state) {
      conv_core(state, layers);
    })->Unit(benchmark::kMillisecond);
  };
  add("conv_core/pointwise_64_to_128_at_56", {layer(64, 128, 1, 14, 56)});
  add("conv_core/pointwise_512_to_512_at_14", {layer(512, 512, 1, 7, 14)});
  add("conv_core/depthwise_3x3_of_128_at_56", {layer(1, 128, 3, 7, 56)});
  add("conv_core/first_3x3_of_3_at_112", {layer(3, 32, 3, 16, 112)});
  add("conv_core/mobilenet_v1_224", mobilenet_v1());
}

}  // namespace
}  // namespace evenshift

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  evenshift::register_layers();
  benchmark::RunSpecifiedBenchmarks();
}

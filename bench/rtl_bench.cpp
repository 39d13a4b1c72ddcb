// Clock cycles per second of the Verilated 16 x 16 conv core on layers of MobileNetV1-224: through RtlConvCore, which
// answers the core's ports from the scratchpad, and as a ratio to the bare model, whose ports nobody answers, on the
// same commands in the same run.
#include <Vevenshift_conv_core_16x16.h>
#include <benchmark/benchmark.h>
#include <verilated.h>

#include <cstring>
#include <ctime>
#include <random>
#include <vector>

#include "arch/isa/codec.h"
#include "rtl/cosim/rtl_conv_core.h"

namespace evenshift {
namespace {

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// The Verilated class with its operands always there and its data inputs standing still.
class BareCore {
 public:
  explicit BareCore(const NpuConfig& config) {
    model_.accumulator_entries_i = static_cast<std::uint16_t>(config.conv_core.accumulator_entries);
    model_.requant_lanes_i = static_cast<std::uint8_t>(config.conv_core.requant_lanes);
    model_.rounding_i = static_cast<std::uint8_t>(config.requantizer.rounding);
    model_.requant_scale_i = static_cast<std::uint8_t>(config.requantizer.requant_scale);
    model_.shift_bits_i = static_cast<std::uint8_t>(config.requantizer.shift_bits);
    model_.operand_ready_i = 1;
    clock();
    model_.rst_ni = 1;
    clock();
  }

  /// Cycles of the command.
  std::int64_t run(const isa::Conv& conv) {
    std::vector<std::uint8_t> stream;
    isa::encode({.operation = conv, .tokens = {}, .layer = 0}, stream);
    model_.command_write_i = 1;
    for (std::size_t word = 0; 4 * word < stream.size(); ++word) {
      model_.command_word_i = static_cast<std::uint8_t>(word);
      std::memcpy(&model_.command_data_i, stream.data() + 4 * word, 4);
      clock();
    }
    model_.command_write_i = 0;
    while (model_.ready_o == 0) clock();
    model_.start_i = 1;
    clock();
    model_.start_i = 0;
    while (model_.done_o == 0) clock();
    return model_.cycles_o;
  }

 private:
  void clock() {
    model_.clk_i = 1;
    model_.eval();
    model_.clk_i = 0;
    model_.eval();
  }

  VerilatedContext context_;
  Vevenshift_conv_core_16x16 model_{&context_};
};

double bare_cycles_per_second(const std::vector<isa::Conv>& layers, const NpuConfig& config) {
  BareCore core(config);
  std::int64_t cycles = 0;
  double seconds = 0;
  for (const double begin = cpu_seconds(); seconds < 1; seconds = cpu_seconds() - begin)
    for (const isa::Conv& conv : layers) cycles += core.run(conv);
  return static_cast<double>(cycles) / seconds;
}

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
  const double bare = bare_cycles_per_second(layers, config);
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
  state.counters["bare cycles/s"] = bare;
  state.counters["of_bare"] = cycles / seconds / bare;
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

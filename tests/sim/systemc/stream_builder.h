#pragma once

#include <string>

#include "arch/image/image.h"
#include "sim/systemc/systemc_executor.h"

namespace evenshift::sim {

/// An image from single commands with their tokens: DRAM is one input tensor of `dram_bytes` codes, which is the output
/// too, so that a test sees every byte before and after.
class StreamBuilder {
 public:
  explicit StreamBuilder(const NpuConfig& config, std::int64_t dram_bytes) {
    image_.config = config;
    image_.dram_bytes = dram_bytes;
    for (const auto role : {image::TensorRole::input, image::TensorRole::output}) {
      image::Tensor tensor;
      tensor.role = role;
      tensor.channels = dram_bytes;
      tensor.row_stride = tensor.pixel_stride = dram_bytes;
      image_.tensors.push_back(tensor);
    }
    layer("layer_0");
  }

  StreamBuilder& layer(const std::string& name) {
    image_.layers.push_back({name, "test", {}, {}, 0});
    return *this;
  }

  StreamBuilder& add(const isa::Operation& operation, const isa::Tokens& tokens = {}) {
    image_.commands.push_back({operation, tokens, static_cast<std::int64_t>(image_.layers.size()) - 1});
    return *this;
  }

  [[nodiscard]] const image::Image& image() const { return image_; }

 private:
  image::Image image_;
};

/// What a run of an image did to its DRAM.
struct Outcome {
  TensorCodes dram;
  RunStatistics statistics;
};

/// Runs a stream on its own executor, DRAM holding 1, 2, 3, … modulo 256.
inline Outcome run_stream(const StreamBuilder& stream) {
  TensorCodes dram(static_cast<std::size_t>(stream.image().dram_bytes));
  for (std::size_t i = 0; i < dram.size(); ++i) dram[i] = static_cast<std::int8_t>(i + 1);
  SystemCExecutor executor;
  executor.record_intervals(true);
  executor.load(stream.image());
  auto outputs = executor.run(std::vector<TensorCodes>{dram});
  return {std::move(outputs.at(0)), executor.statistics()};
}

inline std::int64_t cycles_of(const StreamBuilder& stream) { return run_stream(stream).statistics.total_cycles; }

/// The names of the bits of isa::Tokens, for each unit.
namespace load_tokens {
inline constexpr isa::Tokens kSignalCompute{.signal_a = true};
inline constexpr isa::Tokens kWaitCompute{.wait_a = true};
inline constexpr isa::Tokens kWaitStore{.wait_b = true};
inline constexpr isa::Tokens kSignalStore{.signal_b = true};
}  // namespace load_tokens
namespace compute_tokens {
inline constexpr isa::Tokens kWaitLoad{.wait_a = true};
inline constexpr isa::Tokens kWaitLoadSignalStore{.wait_a = true, .signal_b = true};
inline constexpr isa::Tokens kWaitLoadSignalLoad{.wait_a = true, .signal_a = true};
inline constexpr isa::Tokens kSignalStore{.signal_b = true};
inline constexpr isa::Tokens kWaitStore{.wait_b = true};
}  // namespace compute_tokens
namespace store_tokens {
inline constexpr isa::Tokens kWaitLoad{.wait_a = true};
inline constexpr isa::Tokens kWaitCompute{.wait_b = true};
}  // namespace store_tokens

/// `bytes` bytes in one row from DRAM address `from` to scratchpad address `to`.
inline isa::Load load_row(std::int64_t from, std::int64_t to, std::int64_t bytes) {
  isa::Load load;
  load.dram_address = from;
  load.scratchpad_address = to;
  load.row_bytes = bytes;
  return load;
}

inline isa::Store store_row(std::int64_t from, std::int64_t to, std::int64_t bytes) {
  isa::Store store;
  store.scratchpad_address = from;
  store.dram_address = to;
  store.row_bytes = bytes;
  return store;
}

inline isa::Fill fill_bytes(std::int64_t to, std::int64_t bytes, std::int64_t value) {
  isa::Fill fill;
  fill.output_address = to;
  fill.elements = bytes;
  fill.value = value;
  return fill;
}

/// A 1 × 1 convolution of `positions` pixels in a row.
inline isa::Conv pointwise(std::int64_t inputs, std::int64_t outputs, std::int64_t positions,
                           std::int64_t input_address, std::int64_t weight_address, std::int64_t output_address) {
  isa::Conv conv;
  conv.input_address = input_address;
  conv.input_width = conv.output_width = positions;
  conv.input_row_stride = positions * inputs;
  conv.input_pixel_stride = conv.inputs_per_group = inputs;
  conv.output_address = output_address;
  conv.output_row_stride = positions * outputs;
  conv.output_pixel_stride = conv.output_channels = conv.outputs_per_group = outputs;
  conv.weight_address = weight_address;
  conv.multiplier = 1;
  conv.shift = 4;
  return conv;
}

}  // namespace evenshift::sim
